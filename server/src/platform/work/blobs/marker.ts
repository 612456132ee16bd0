import { installationOf } from '#platform/db';
import { AppError, sha256 } from '#platform/kernel';
import { atHome, type BlobStorageParts } from './parts.ts';

/** Says whose home it is: an id goes with the data of an installation, into backups and along with a move. */
const MARKER = 'plinth/installation';
const LONGEST = 100;

/** Asked once by each process. */
const claimed = new WeakMap<BlobStorageParts, Promise<void>>();

/**
 * Makes the home this installation's, before anything is written to it. Two that shared one would each delete the other's files as
 * files that it does not know. Throws `storage_unavailable` where it is another's.
 */
export function claim(parts: BlobStorageParts): Promise<void> {
  const known = claimed.get(parts);
  if (known !== undefined) return known;
  const claiming = claimOnce(parts);
  claimed.set(parts, claiming);
  // Asked again with the next file.
  claiming.catch(() => claimed.delete(parts));
  return claiming;
}

async function claimOnce(parts: BlobStorageParts): Promise<void> {
  const { id } = await installationOf(parts.db);
  const owner = await ownerOf(parts);
  if (owner === id) return;
  if (owner !== undefined) throw foreign();
  const body = Buffer.from(id);
  const facts = { type: 'text/plain', bytes: body.length, sha256: sha256(body) };
  await atHome(parts, 'write', (home) => home.write(MARKER, body, facts));
  // Two that came at once: the later one has it, and the earlier one finds that out here.
  if ((await ownerOf(parts)) !== id) throw foreign();
}

async function ownerOf(parts: BlobStorageParts): Promise<string | undefined> {
  const entry = await atHome(parts, 'read', (home) => home.head(MARKER));
  if (entry === undefined) return undefined;
  if (entry.bytes > LONGEST) throw foreign();
  const chunks = await (await atHome(parts, 'read', (home) => home.read(MARKER))).toArray();
  return Buffer.concat(chunks as Uint8Array[]).toString('utf8');
}

function foreign(): AppError {
  return new AppError('storage_unavailable', {
    details: { reason: 'foreign' },
    message:
      'Files are kept where another installation keeps its own. The operator has to set another place.',
  });
}
