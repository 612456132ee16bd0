import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { commitPoint } from '#platform/db';
import { type Answer, answer, type Once } from '#platform/http';
import { sha256 } from '#platform/kernel';
import type { ProductContext } from '#platform/product';
import {
  insertSigningKey,
  lockSigningKeys,
  type KeyKind,
  type NewSigningKey,
  placeOfPrivateKey,
  retireSigningKey,
  type SigningKeyRow,
  signingKeys,
} from './store.ts';

const KEPT = commitPoint('coditect.signing-key', 'a key that signs licence files and sessions');
const ROTATED = commitPoint(
  'coditect.signing-key-rotated',
  'a key that signs in place of another, and the answer to a repeat',
);
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

type Parts = Pick<ProductContext, 'db' | 'clock' | 'secrets'>;

/** The server's keys for licence files and sessions, kept sealed and shared by all processes. */
export function createSigningKeys(parts: Parts): SigningKeys {
  const { db, clock } = parts;
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
    const reading = db.system('coditect.signing', [signingKeys]).then(([rows]) => rows.map(keyOf));
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
    await db.system('coditect.signing', KEPT, [insertSigningKey(made)]);
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
        ROTATED,
        async (tx) => {
          await tx.run(lockSigningKeys);
          await tx.runAll([retireSigningKey(kind), insertSigningKey(made)]);
          return answer(201, { key_id: made.id, kind });
        },
        { use: 'coditect.signing' },
      );
      loaded = undefined;
      return answered;
    },
  };
}

function signingKey({ secrets }: Parts, row: SigningKeyRow): SigningKey {
  let opened: KeyObject | undefined;
  return {
    id: row.id,
    kind: row.kind,
    pem: row.public_key,
    publicKey: createPublicKey(row.public_key),
    createdAt: row.created_at,
    retiredAt: row.retired_at,
    privateKey() {
      opened ??= createPrivateKey(secrets.open(row.private_sealed, placeOfPrivateKey(row.id)));
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
  { secrets }: Pick<Parts, 'secrets'>,
  kind: KeyKind,
  { publicKey, privateKey }: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
): NewSigningKey {
  const id = sha256(publicKey.export({ type: 'spki', format: 'der' }));
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return {
    id,
    kind,
    public_key: String(publicKey.export({ type: 'spki', format: 'pem' })),
    private_sealed: secrets.seal(pem, placeOfPrivateKey(id)),
  };
}
