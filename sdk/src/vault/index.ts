export { type BackupOptions, type RestoredBackup, type RestoreOptions } from './backup.ts';
export { type DecryptOptions } from './chunks.ts';
export { VaultError, type VaultErrorCode } from './errors.ts';
export { type NewPassphrase } from './key-ring.ts';
export { type PassphraseCost } from './passphrase.ts';
export { type RecordAddress } from './records.ts';
export {
  memoryStore,
  type StoreChange,
  type StoredRecord,
  type VaultState,
  type VaultStore,
} from './store.ts';
export { type RecordProblem, type SyncReport } from './sync.ts';
export {
  createVault,
  openVault,
  type Vault,
  type VaultClient,
  type VaultOptions,
  type VaultRecord,
} from './vault.ts';
export { type VaultVector, type VaultVectors, type VectorItem, type VectorMatch } from './vectors.ts';
