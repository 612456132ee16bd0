import type { Bytes } from './bytes.ts';
import type { VaultErrorCode } from './errors.ts';
import type { RecordAddress } from './records.ts';

/** A record as a device keeps it: sealed, as the server does. */
export interface StoredRecord extends RecordAddress {
  /** The newest version that this device can read; undefined where it can read none. */
  readonly envelope?: Bytes | undefined;
  /** Revision of that envelope. */
  readonly revision: number;
  readonly isDeleted: boolean;
  /** Whether the server does not have it yet. */
  readonly isPending: boolean;
  /** The server's version that this builds on; undefined: the server has none. */
  readonly etag?: string | undefined;
  /** The newest version that the server showed, by revision, digest and place of its epoch: it shows none of an older one or under an older key. */
  readonly seen?:
    | { readonly revision: number; readonly digest: string; readonly epoch?: number | undefined }
    | undefined;
  /** Digests of what was sent: it may have arrived although no answer did. */
  readonly sent: readonly string[];
  /** Why the server's version is not taken, and nothing is sent over it. */
  readonly problem?: VaultErrorCode | undefined;
}

/** What a device knows of its vault besides the records. */
export interface VaultState {
  /** How far the server's changes are read. */
  readonly cursor?: string | undefined;
  /** The key box, for days without a server, and its number: no older one is taken. */
  readonly keyBox: Bytes;
  readonly keyRevision: number;
  /** The epoch that this device began by replacing the keys, until all that it has is sealed anew. */
  readonly replacing?: string | undefined;
  /** When the newest backup was made that this device knows of; Unix milliseconds. */
  readonly backupAt?: number | undefined;
}

/** Where a device keeps its vault. It holds nothing in plaintext but tables and ids. */
export interface VaultStore {
  readState(): Promise<VaultState | undefined>;
  read(id: string): Promise<StoredRecord | undefined>;
  /** Those of a table, or all; in any order. */
  list(table?: string): Promise<readonly StoredRecord[]>;
  /** All of it or nothing, even if the power fails: what was written is there afterwards. */
  write(change: StoreChange): Promise<void>;
  /** Needed where several programs or tabs share a store: work that no other does at the same time. */
  exclusive?<T>(work: () => Promise<T>): Promise<T>;
}

export interface StoreChange {
  readonly records?: readonly StoredRecord[];
  readonly state?: VaultState;
}

/** A store that lasts as long as this process or page. */
export function memoryStore(): VaultStore {
  const records = new Map<string, StoredRecord>();
  let kept: VaultState | undefined;
  return {
    readState: async () => kept,
    read: async (id) => records.get(id),
    list: async (table) => [...records.values()].filter((one) => table === undefined || one.table === table),
    async write({ records: changed = [], state = kept }) {
      for (const record of changed) records.set(record.id, record);
      kept = state;
    },
  };
}

/** A store whose changes of one record are made one after the other, for all callers. */
export interface LockedStore extends VaultStore {
  /** Writes what `decide` answers for the known record; a record that is not there is an empty one. */
  change(address: RecordAddress, decide: (known: StoredRecord) => Promise<StoredRecord[]>): Promise<void>;
  changeState(change: Partial<VaultState>): Promise<void>;
}

export function lockStore(store: VaultStore): LockedStore {
  const exclusive = store.exclusive ?? oneByOne();
  return {
    ...store,
    change: ({ table, id }, decide) =>
      exclusive(async () => {
        const known = (await store.read(id)) ?? newRecord({ table, id });
        if (known.table !== table) throw new TypeError(`${id} is a record of the table ${known.table}`);
        await store.write({ records: await decide(known) });
      }),
    changeState: (change) =>
      exclusive(async () => {
        const state = await store.readState();
        await store.write({ state: { keyBox: new Uint8Array(), keyRevision: 0, ...state, ...change } });
      }),
  };
}

export function newRecord({ table, id }: RecordAddress): StoredRecord {
  return { table, id, revision: 0, isDeleted: false, isPending: false, sent: [] };
}

function oneByOne(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
