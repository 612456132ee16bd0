import type { Config } from '#platform/config';
import type { Database } from '#platform/db';
import type { Random } from '#platform/kernel';
import { checkKeys, createSecrets, keysOfFile, type Secrets } from '#platform/secrets';

/** The secrets' keys, once they are known to be those that sealed the secrets of this database. */
export async function openSecrets(
  { masterKeys }: Config,
  { db, random }: { readonly db: Database; readonly random: Random },
): Promise<Secrets> {
  const keys = 'keys' in masterKeys ? masterKeys.keys : keysOfFile(masterKeys.file, random);
  const secrets = createSecrets({ keys, random });
  await checkKeys(db, secrets);
  return secrets;
}
