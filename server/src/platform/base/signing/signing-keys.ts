import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type CommitPoint, type Database, type Statement, statement, type SystemUse } from '#platform/db';
import { type Answer, answer, type Once } from '#platform/http';
import { type Clock, sha256 } from '#platform/kernel';
import { sealedColumn, type Secrets } from '#platform/secrets';

export type KeyKind = 'rsa-4096' | 'ed25519';

export interface SigningKeyRow {
  readonly id: string;
  readonly kind: KeyKind;
  readonly public_key: string;
  readonly private_sealed: string;
  readonly created_at: Date;
  readonly retired_at: Date | null;
}

export type NewSigningKey = Pick<SigningKeyRow, 'id' | 'kind' | 'public_key' | 'private_sealed'>;

/** Where the keys of one purpose are kept: whose they are has a table of them, and says so. */
export interface SigningKeyStore {
  readonly use: SystemUse;
  /** The commit of a key that is the first of its kind, and that of one which signs in place of another. */
  readonly kept: CommitPoint;
  readonly rotated: CommitPoint;
  /** Binds a sealed private key to its row. */
  placeOfPrivateKey(id: string): string;
  /** All of them, those that sign first. */
  readonly list: Statement<SigningKeyRow>;
  /** Keeps a key that signs from now on, unless another of its kind does. */
  insert(key: NewSigningKey): Statement<{ id: string }>;
  /** Keys are followed by others one at a time. */
  readonly lock: Statement;
  /** The one of a kind that signs does so no more. */
  retire(kind: KeyKind): Statement;
}

/** Keys in a table of their own, with the columns of `SigningKeyRow` and one of a kind that is not retired. */
export function keysIn(
  table: string,
  { use, kept, rotated }: Pick<SigningKeyStore, 'use' | 'kept' | 'rotated'>,
): SigningKeyStore {
  const privateKeys = sealedColumn({ table, column: 'private_sealed', key: ['id'] });
  return {
    use,
    kept,
    rotated,
    placeOfPrivateKey: (id) => privateKeys.context(id),
    list: statement<SigningKeyRow>(
      `select id, kind, public_key, private_sealed, created_at, retired_at from ${table}
       order by (retired_at is not null), created_at desc, id`,
    ),
    insert: ({ id, kind, public_key: pem, private_sealed: sealed }) =>
      statement<{ id: string }>(
        `insert into ${table} (id, kind, public_key, private_sealed) values ($1, $2, $3, $4)
         on conflict (kind) where retired_at is null do nothing returning id`,
        [id, kind, pem, sealed],
      ),
    lock: statement('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      table.replaceAll(/[._]/g, ' '),
    ]),
    retire: (kind) =>
      statement(
        `update ${table} set retired_at = app.now(), updated_at = app.now() where kind = $1 and retired_at is null`,
        [kind],
      ),
  };
}

/** The cached keys are no older than this; an unknown key reloads them at once. */
const RELOAD_MS = 60_000;

/** A key that verifies, and may sign. */
export interface SigningKey {
  readonly id: string;
  readonly kind: KeyKind;
  readonly pem: string;
  readonly publicKey: KeyObject;
  readonly createdAt: Date;
  readonly retiredAt: Date | null;
  /** Opened at its first use. */
  privateKey(): KeyObject;
}

export interface SigningKeys {
  /** The key that signs. Made when there is none: of RSA-4096 that takes seconds. */
  current(kind: KeyKind): Promise<SigningKey>;
  find(id: string): Promise<SigningKey | undefined>;
  currentKeys(): Promise<readonly SigningKey[]>;
  /**
   * From here on all that is committed is known: of another process too. For what people put together from several answers, each of
   * which another process may give: a file and the key that verifies it.
   */
  refresh(): Promise<void>;
  /** Has another key of this kind sign. What the former one signed is verified on. */
  rotate(kind: KeyKind, once: Once): Promise<Answer<{ readonly key_id: string; readonly kind: KeyKind }>>;
}

interface Parts {
  readonly db: Pick<Database, 'system'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly secrets: Secrets;
  readonly store: SigningKeyStore;
}

/** The server's keys for one purpose, kept sealed and shared by all processes. */
export function createSigningKeys(parts: Parts): SigningKeys {
  const { db, clock, store } = parts;
  let loaded: Promise<readonly SigningKey[]> | undefined;
  let loadedAt = 0;
  /** By its id: a private key is opened once. */
  const byId = new Map<string, SigningKey>();
  const making = new Map<KeyKind, Promise<void>>();

  function keyOf(row: SigningKeyRow): SigningKey {
    const key = byId.get(row.id) ?? signingKey(parts, row);
    byId.set(row.id, key);
    return { ...key, retiredAt: row.retired_at };
  }

  function load(): Promise<readonly SigningKey[]> {
    loadedAt = clock.monotonic();
    const reading = db.system(store.use, [store.list]).then(([rows]) => rows.map(keyOf));
    loaded = reading;
    // After a failure the next call loads anew.
    reading.catch(() => {
      if (loaded === reading) loaded = undefined;
    });
    return reading;
  }

  async function currentKeys(): Promise<readonly SigningKey[]> {
    return loaded === undefined || clock.monotonic() - loadedAt > RELOAD_MS ? load() : loaded;
  }

  async function keep(kind: KeyKind): Promise<void> {
    const made = await newKey(parts, kind);
    await db.system(store.use, store.kept, [store.insert(made)]);
  }

  /** Once in a process, however many ask: each would be busy for seconds. */
  function makeOnce(kind: KeyKind): Promise<void> {
    const present = making.get(kind) ?? keep(kind).finally(() => making.delete(kind));
    making.set(kind, present);
    return present;
  }

  const findSigningKey = (keys: readonly SigningKey[], kind: KeyKind) =>
    keys.find((key) => key.kind === kind && key.retiredAt === null);

  return {
    currentKeys,
    refresh: async () => void (await load()),
    async current(kind) {
      const known = findSigningKey(await currentKeys(), kind) ?? findSigningKey(await load(), kind);
      if (known !== undefined) return known;
      await makeOnce(kind);
      const made = findSigningKey(await load(), kind);
      if (made === undefined) throw new Error(`there is no signing key of the kind ${kind}`);
      return made;
    },
    async find(id) {
      const known = (await currentKeys()).find((key) => key.id === id);
      return known ?? (await load()).find((key) => key.id === id);
    },
    async rotate(kind, once) {
      const made = await newKey(parts, kind);
      const answered = await once(
        store.rotated,
        async (tx) => {
          await tx.run(store.lock);
          await tx.runAll([store.retire(kind), store.insert(made)]);
          return answer(201, { key_id: made.id, kind });
        },
        { use: store.use },
      );
      loaded = undefined;
      return answered;
    },
  };
}

function signingKey({ secrets, store }: Parts, row: SigningKeyRow): SigningKey {
  let opened: KeyObject | undefined;
  return {
    id: row.id,
    kind: row.kind,
    pem: row.public_key,
    publicKey: createPublicKey(row.public_key),
    createdAt: row.created_at,
    retiredAt: row.retired_at,
    privateKey() {
      opened ??= createPrivateKey(secrets.open(row.private_sealed, store.placeOfPrivateKey(row.id)));
      return opened;
    },
  };
}

const generate = promisify(generateKeyPair);

/** In a thread of its own: the process serves on meanwhile. */
async function newKey(parts: Parts, kind: KeyKind): Promise<NewSigningKey> {
  const pair =
    kind === 'ed25519' ? await generate('ed25519') : await generate('rsa', { modulusLength: 4_096 });
  return sealedKey(parts, kind, pair);
}

/** A pair as it is kept. */
export function sealedKey(
  { secrets, store }: Pick<Parts, 'secrets' | 'store'>,
  kind: KeyKind,
  { publicKey, privateKey }: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
): NewSigningKey {
  const id = sha256(publicKey.export({ type: 'spki', format: 'der' }));
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return {
    id,
    kind,
    public_key: String(publicKey.export({ type: 'spki', format: 'pem' })),
    private_sealed: secrets.seal(pem, store.placeOfPrivateKey(id)),
  };
}
