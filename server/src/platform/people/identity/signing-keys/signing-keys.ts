import { importJWK, type JWK } from 'jose';
import { type Clock, runForEverybody } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import {
  type Rotating,
  rotateSigningKeys,
  type RotatingParts,
  type Rotation,
} from './signing-key-rotation.ts';
import {
  placeOfPrivateKey,
  SIGNING_ALGORITHM,
  type SigningKeyRow,
  signingKeys,
} from './signing-key-store.ts';

const CHANGED = 'identity.signing-keys';
/** Keys are read again after this time, so that one that was taken away at once is accepted for a short time only. */
const RELOAD_MS = 1_000;

type Key = Awaited<ReturnType<typeof importJWK>>;
export interface SigningKey {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly publicKey: Key;
  /** Opens the private key at its first use. */
  readonly privateKey: () => Promise<Key>;
}

/** A key as `plinth keys list` tells of it. */
export interface ListedKey {
  readonly kid: string;
  readonly state: 'published' | 'signs' | 'verifies';
  readonly createdAt: Date;
  readonly signsFrom: Date;
  readonly endsAt: Date | null;
}

export interface SigningKeys {
  /** The key that signs now. Made when there is none. */
  current(): Promise<SigningKey>;
  /** The key of a token's `kid`, unless it is over. */
  find(kid: string): Promise<SigningKey | undefined>;
  /** All public keys that are not over, as they are served: the next one too, before it signs. */
  jwks(): Promise<{ keys: JWK[] }>;
  list(): Promise<ListedKey[]>;
  /** Has another key sign. Of two that ask at once, one makes it. */
  rotate(how?: Rotating): Promise<Rotation>;
  close(): void;
}

interface LoadedKeys {
  readonly rows: readonly SigningKeyRow[];
  readonly at: number;
}

/** The server's Ed25519 keys: one signs, the next one is published before it does, the former ones verify until their last token has ended. */
export function createSigningKeys(parts: RotatingParts & { readonly clock: Clock }): SigningKeys {
  const { db, clock, secrets } = parts;
  let known = new Map<string, Promise<SigningKey>>();
  let last: LoadedKeys | undefined;
  let loading: Promise<LoadedKeys> | undefined;
  let startedAt = 0;
  const stopHearing = db.onSignal(CHANGED, () => {
    loading = undefined;
  });

  function loadRecent(): Promise<LoadedKeys> {
    if (loading !== undefined && clock.monotonic() - startedAt < RELOAD_MS) return loading;
    startedAt = clock.monotonic();
    // Without the database no user is signed in or verified, but others still ask for the JWKS.
    loading = runForEverybody(() => load(parts, startedAt)).then(
      (read) => (last = read),
      (error: unknown) => last ?? Promise.reject(error),
    );
    return loading;
  }

  async function rowsNow(): Promise<readonly SigningKeyRow[]> {
    const { rows, at } = await loadRecent();
    const passed = clock.monotonic() - at;
    return rows
      .map((row) => ({
        ...row,
        signs_in: row.signs_in - passed,
        ends_in: row.ends_in === null ? null : row.ends_in - passed,
      }))
      .filter(({ ends_in }) => ends_in === null || ends_in > 0);
  }

  /** A key never changes under its kid: it is read in once. */
  function importKeys(rows: readonly SigningKeyRow[]): Promise<SigningKey[]> {
    known = new Map(rows.map((row) => [row.kid, known.get(row.kid) ?? importKey(row, secrets)]));
    return Promise.all(known.values());
  }

  return {
    async current() {
      const rows = await rowsNow();
      const keys = await importKeys(rows);
      const signing = rows.findIndex(({ signs_in }) => signs_in <= 0);
      const key = keys[signing];
      if (key === undefined) throw new Error('there is no signing key');
      return key;
    },
    find: async (kid) => (await importKeys(await rowsNow())).find((key) => key.kid === kid),
    jwks: async () => ({ keys: (await rowsNow()).map((row) => row.public_jwk) }),
    list: async () => listKeys(await rowsNow()),
    async rotate(how = {}) {
      const rotation = await rotateSigningKeys(parts, how);
      if (rotation.isNew) db.signal(CHANGED);
      return rotation;
    },
    close: stopHearing,
  };
}

async function load(parts: RotatingParts, at: number): Promise<LoadedKeys> {
  const [rows] = await parts.db.system('identity.signing-keys', [signingKeys]);
  if (rows.length > 0) return { rows, at };
  await rotateSigningKeys(parts, { afterDays: Number.POSITIVE_INFINITY });
  const [made] = await parts.db.system('identity.signing-keys', [signingKeys]);
  return { rows: made, at };
}

async function importKey(row: SigningKeyRow, secrets: Secrets): Promise<SigningKey> {
  const publicKey = await importJWK(row.public_jwk, SIGNING_ALGORITHM);
  let opened: Key | undefined;
  return {
    kid: row.kid,
    publicJwk: row.public_jwk,
    publicKey,
    privateKey: async () => {
      opened ??= await importPrivate(row, secrets);
      return opened;
    },
  };
}

async function importPrivate(row: SigningKeyRow, secrets: Secrets): Promise<Key> {
  const text = secrets.open(row.private_jwk, placeOfPrivateKey(row.kid));
  return importJWK(JSON.parse(text) as JWK, SIGNING_ALGORITHM);
}

function listKeys(rows: readonly SigningKeyRow[]): ListedKey[] {
  const signing = rows.findIndex(({ signs_in }) => signs_in <= 0);
  return rows.map((row, place) => ({
    kid: row.kid,
    state: place < signing ? 'published' : place === signing ? 'signs' : 'verifies',
    createdAt: row.created_at,
    signsFrom: row.signs_from,
    endsAt: row.ends_at,
  }));
}
