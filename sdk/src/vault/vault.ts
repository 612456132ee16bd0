import type { Client } from '../client.ts';
import type { Time } from '../time.ts';
import {
  type BackupOptions,
  type RestoredBackup,
  restoreBackup,
  type RestoreOptions,
  sendBackup,
} from './backup.ts';
import { equalBytes, toHex } from './bytes.ts';
import { type DecryptOptions, decryptStream, encryptStream } from './chunks.ts';
import { VaultError } from './errors.ts';
import {
  addEpoch,
  changePassphrase,
  createKeyRing,
  currentEpoch,
  type KeyRing,
  type NewPassphrase,
  openWithPassphrase,
  openWithRecoveryKey,
  replaceKeys,
} from './key-ring.ts';
import { createKeys, keyBoxAddress, type Keys, rememberKeys, writeKeyBox } from './keys.ts';
import { openRecord, type RecordAddress, type RecordContent } from './records.ts';
import { createRecordServer, type Patience, type RecordServer } from './record-server.ts';
import { renewRecords, rewrite } from './renew.ts';
import { type LockedStore, lockStore, type StoredRecord, type VaultStore } from './store.ts';
import { listProblems, type RecordProblem, synchronize, type SyncReport, takeAnyway } from './sync.ts';
import { createVectors, type VaultVectors } from './vectors.ts';

/** The calls that a vault makes, as its owner. */
export type VaultClient = Pick<Client, 'call' | 'open'> & {
  forAccount(accountId: string): Pick<Client, 'call' | 'open'>;
};

export interface VaultOptions {
  /** The vault's owner: each member of an account has their own. */
  readonly client: VaultClient;
  /** All that is sealed is sealed for this account. */
  readonly accountId: string;
  readonly store: VaultStore;
  /** For tests that drive time. */
  readonly time?: Time;
}

interface VaultParts {
  readonly accountId: string;
  readonly client: Pick<Client, 'call' | 'open'>;
  readonly server: RecordServer;
  readonly store: LockedStore;
  readonly time: Time | undefined;
}

function partsOf({ accountId, client, store, time }: VaultOptions): VaultParts {
  const own = client.forAccount(accountId);
  const server = createRecordServer(own, { time });
  return { accountId, client: own, server, store: lockStore(store), time };
}

/** A record that this device can read. */
export interface VaultRecord extends RecordAddress {
  readonly value: unknown;
  /** The record that another device changed at the same time. */
  readonly copyOf?: string | undefined;
  /** Whether the server does not have it yet. */
  readonly isPending: boolean;
}

export interface Vault {
  /** Writes a value of JSON, on this device: `sync` sends it. Answers its id; without one it is a new record. */
  put(table: string, value: unknown, id?: string): Promise<string>;
  get(table: string, id: string): Promise<VaultRecord | undefined>;
  list(table: string): Promise<VaultRecord[]>;
  delete(table: string, id: string): Promise<void>;
  /**
   * Takes what other devices wrote and sends what this one wrote. It waits where the server asks for up to two minutes, may end
   * anywhere, and be called again; a call while one is under way joins it, and the first one's signal ends both.
   */
  sync(options?: Pick<Patience, 'signal'>): Promise<SyncReport>;
  /** Records that are not in step; nothing is written over them. */
  problems(): Promise<RecordProblem[]>;
  /** Sends this device's version over one of the server's that it did not take. It is for people to decide. */
  keepMine(table: string, id: string): Promise<void>;
  /** Takes the server's version of a record that was refused, where it can be read. It is for people to decide. */
  keepTheirs(table: string, id: string): Promise<void>;
  changePassphrase(lock: NewPassphrase): Promise<void>;
  /** Begins a new epoch: later records are under a new key. */
  beginEpoch(): Promise<void>;
  /**
   * Shuts out who knows the passphrase, the recovery key or a device: syncs, makes all keys anew, and seals all records under
   * them, which the next `sync` sends. Answers the new recovery key.
   */
  replaceKeys(lock: NewPassphrase): Promise<string>;
  /** Writes under the newest key what is under older ones, on this device; answers how many. `sync` sends it. */
  reencrypt(): Promise<number>;
  /** Sends what comes, encrypted, as the account's newest backup. */
  backup(content: ReadableStream<Uint8Array>, options?: BackupOptions): Promise<void>;
  restore(options?: RestoreOptions): Promise<RestoredBackup>;
  /** For files of your own: what flows through is encrypted, and opens by the same name alone. */
  encrypt(name: string): TransformStream<Uint8Array, Uint8Array>;
  decrypt(name: string, options?: DecryptOptions): TransformStream<Uint8Array, Uint8Array>;
  readonly vectors: VaultVectors;
  /** An embedding as the server may see it: all angles are as they were, and nothing else of it. */
  rotate(embedding: readonly number[]): Promise<number[]>;
}

/**
 * Sets up the vault of an account. The recovery key is shown once, here. If the account has a vault already, or if another
 * device was quicker, that one is opened by the passphrase, and there is no recovery key.
 */
export async function createVault(
  options: VaultOptions,
  lock: NewPassphrase,
): Promise<{ readonly vault: Vault; readonly recoveryKey: string | undefined }> {
  const { ring, recoveryKey } = await createKeyRing(options.accountId, lock);
  const parts = partsOf(options);
  const there = await writeKeyBox(parts.server, ring);
  if (!equalBytes(there, ring.bytes))
    return { vault: await openVault(options, lock), recoveryKey: undefined };
  await rememberKeys(parts.store, ring);
  return { vault: vaultOf(parts, ring), recoveryKey };
}

/** Opens the vault of an account; without a server, by the key box that this device knows. */
export async function openVault(
  options: VaultOptions,
  by: { readonly passphrase: string } | { readonly recoveryKey: string },
): Promise<Vault> {
  const parts = partsOf(options);
  const { accountId, server, store } = parts;
  const known = await store.readState();
  const shown = await server.read(await keyBoxAddress(accountId)).catch((error: unknown) => {
    if (known === undefined) throw error;
    return { bytes: known.keyBox };
  });
  if (shown === undefined) throw new VaultError(known === undefined ? 'no_vault' : 'missing');
  const ring =
    'passphrase' in by
      ? await openWithPassphrase(accountId, shown.bytes, by.passphrase)
      : await openWithRecoveryKey(accountId, shown.bytes, by.recoveryKey);
  if (known !== undefined && ring.revision < known.keyRevision) throw new VaultError('rolled_back');
  await rememberKeys(store, ring);
  return vaultOf(parts, ring);
}

function vaultOf(given: VaultParts, opened: KeyRing): Vault {
  const { client, server, store, time } = given;
  const keys = createKeys({ server, store }, opened);
  const parts = { client, server, store, keys };
  let syncing: Promise<SyncReport> | undefined;
  const write = (address: RecordAddress, content: RecordContent) =>
    store.change(address, async (known) => {
      const { problem } = known;
      if (problem !== undefined && problem !== 'missing') throw new VaultError(problem);
      return [await rewrite(keys, known, content)];
    });
  const readOwn = async (table: string, id: string) => {
    const known = await store.read(id);
    return known?.table === table ? readRecord(keys, known) : undefined;
  };
  const sync = ({ signal }: Pick<Patience, 'signal'> = {}) =>
    (syncing ??= synchronize({ ...parts, server: createRecordServer(client, { time, signal }) }).finally(
      () => {
        syncing = undefined;
      },
    ));
  return {
    async put(table, value, id = crypto.randomUUID()) {
      if (JSON.stringify(value) === undefined) throw new TypeError('a record is a value of JSON');
      await write({ table, id }, { value });
      return id;
    },
    get: readOwn,
    async list(table) {
      const records = await Promise.all((await store.list(table)).map((known) => readRecord(keys, known)));
      return records.filter((record) => record !== undefined);
    },
    async delete(table, id) {
      if ((await readOwn(table, id)) !== undefined) await write({ table, id }, { deleted: true });
    },
    sync,
    problems: () => listProblems(store),
    keepMine: (table, id) =>
      store.change({ table, id }, async (known) => {
        if (known.problem === undefined) return [];
        if (known.envelope === undefined) throw new VaultError(known.problem);
        return [await rewrite(keys, known, (await openRecord(keys.ring(), known, known.envelope)).content)];
      }),
    keepTheirs: (table, id) => takeAnyway(parts, { table, id }),
    changePassphrase: (lock) => keys.change((ring) => changePassphrase(ring, lock)),
    beginEpoch: () => keys.change(addEpoch),
    async replaceKeys(lock) {
      let recoveryKey = '';
      await sync();
      await keys.change(async (ring) => {
        const next = await replaceKeys(ring, lock);
        recoveryKey = next.recoveryKey;
        await store.changeState({ replacing: toHex(currentEpoch(next.ring).id) });
        return next.ring;
      });
      await renewRecords(parts, 'all');
      return recoveryKey;
    },
    reencrypt: () => renewRecords(parts, 'all'),
    backup: (content, options) => sendBackup(parts, content, options),
    restore: (options) => restoreBackup(parts, options),
    encrypt: (name) => encryptStream(keys.ring(), `file ${name}`),
    decrypt: (name, options) => decryptStream(keys.ring(), `file ${name}`, options),
    ...createVectors(parts),
  };
}

async function readRecord(keys: Keys, known: StoredRecord): Promise<VaultRecord | undefined> {
  const { table, id, envelope, isDeleted, isPending } = known;
  if (envelope === undefined || isDeleted) return undefined;
  const { value, copyOf } = (await openRecord(keys.ring(), known, envelope)).content;
  return { table, id, value, copyOf, isPending };
}
