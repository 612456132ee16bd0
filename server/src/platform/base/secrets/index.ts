import './errors.ts';
import { type DataRule, erased, type Migration, migrationsIn } from '#platform/db';

export { secretsSystemUses } from './system-uses.ts';
export { countSealed, type SealedCount } from './count-sealed.ts';
export { createDataKeys, type DataKey, type DataKeys } from './data-keys.ts';
export { keysOfFile, newMasterKey, readKeyFile } from './key-file.ts';
export { checkKeys, compareKeys } from './proofs.ts';
export { reseal } from './reseal.ts';
export { type Sealed, sealedColumn, sealedColumns } from './sealed-columns.ts';
export { createSecrets, keyOf, type Secrets } from './secrets.ts';

/** How erasure treats the names of master keys, and the keys of accounts. */
export const secretsDataRules: DataRule[] = [
  { table: 'secrets.master_keys', nobodys: 'the names of the server’s own keys' },
  { table: 'secrets.data_keys', account: erased(), withheld: ['sealed'] },
];

export const secretsMigrations = (): Migration[] => migrationsIn('secrets', import.meta.url);
