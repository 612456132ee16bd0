import './errors.ts';
import { type DataRule, declareLongUses, erased, type Migration, migrationsIn } from '#platform/db';

export { countSealed, type SealedCount } from './count-sealed.ts';
export { createDataKeys, type DataKey, type DataKeys } from './data-keys.ts';
export { keysOfFile, newMasterKey, readKeyFile } from './key-file.ts';
export { checkKeys, compareKeys } from './proofs.ts';
export { reseal } from './reseal.ts';
export { type Sealed, sealedColumn, sealedColumns } from './sealed-columns.ts';
export { createSecrets, keyOf, type Secrets } from './secrets.ts';
export { createSignedTokens, type SignedTokens } from './signed-tokens.ts';

/** How erasure treats the names of master keys, and the keys of accounts. */
export const secretsDataRules: DataRule[] = [
  { table: 'secrets.master_keys', nobodys: 'the names of the server’s own keys' },
  { table: 'secrets.data_keys', account: erased(), withheld: ['sealed'] },
];

export const secretsMigrations = (): Migration[] => migrationsIn('secrets', import.meta.url);

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const secretsSystemUses = {
  'secrets.keys': 'master keys are the server’s, and values of all accounts under an old one are sealed anew',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof secretsSystemUses> {}
}

declareLongUses('secrets.keys');
