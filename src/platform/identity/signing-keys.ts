import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { commitPoint, type Database, statement } from '#platform/db';
import type { Clock } from '#platform/kernel';

export const SIGNING_ALGORITHM = 'EdDSA';
const POINT = commitPoint('identity.signing-key', 'the first key that signs access tokens');
/** Any number: what processes lock that start on an empty database at once. */
const LOCK = 7_346_582_191;
/** An unknown `kid` may be a new key of another process; whoever invents them can't make us look more often. */
const RELOAD_MS = 5_000;

type Key = Awaited<ReturnType<typeof importJWK>>;
interface SigningKey {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly publicKey: Key;
  readonly privateKey: Key;
}

export interface SigningKeys {
  /** The key that signs now: the newest. Made when there is none. */
  current(): Promise<SigningKey>;
  /** The key of a token's `kid`. */
  find(kid: string): Promise<SigningKey | undefined>;
  /** All public keys, as they are served. */
  jwks(): Promise<{ keys: JWK[] }>;
}

/** The server's Ed25519 keys, read once and again when a token names one that is not known. */
export function createSigningKeys(parts: { readonly db: Database; readonly clock: Clock }): SigningKeys {
  const { db, clock } = parts;
  let loaded: Promise<SigningKey[]> | undefined;
  let loadedAt = 0;

  function keys(again = false): Promise<SigningKey[]> {
    if (loaded === undefined || again) {
      loadedAt = clock.monotonic();
      loaded = load(db).catch((error: unknown) => {
        loaded = undefined;
        throw error;
      });
    }
    return loaded;
  }

  return {
    async current() {
      const [newest] = await keys();
      if (newest === undefined) throw new Error('there is no signing key');
      return newest;
    },
    async find(kid) {
      const known = (await keys()).find((key) => key.kid === kid);
      if (known !== undefined || clock.monotonic() - loadedAt < RELOAD_MS) return known;
      return (await keys(true)).find((key) => key.kid === kid);
    },
    async jwks() {
      return { keys: (await keys()).map((key) => key.publicJwk) };
    },
  };
}

interface Row {
  kid: string;
  public_jwk: JWK;
  private_jwk: JWK;
}

const SELECT = statement<Row>(
  'select kid, public_jwk, private_jwk from identity.signing_keys order by created_at desc, kid',
);

async function load(db: Database): Promise<SigningKey[]> {
  const [rows] = await db.system('identity.signing-keys', [SELECT]);
  return Promise.all((rows.length > 0 ? rows : await makeFirst(db)).map(imported));
}

async function makeFirst(db: Database): Promise<Row[]> {
  const pair = await generateKeyPair(SIGNING_ALGORITHM, { crv: 'Ed25519', extractable: true });
  const bare = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(bare);
  const publicJwk = { ...bare, kid, alg: SIGNING_ALGORITHM, use: 'sig' };
  const privateJwk = await exportJWK(pair.privateKey);
  return db.system('identity.signing-keys', POINT, async (tx) => {
    await tx.run(statement('select pg_advisory_xact_lock($1)', [LOCK]));
    const made = await tx.run(SELECT);
    if (made.length > 0) return made;
    await tx.run(
      statement('insert into identity.signing_keys (kid, public_jwk, private_jwk) values ($1, $2, $3)', [
        kid,
        JSON.stringify(publicJwk),
        JSON.stringify(privateJwk),
      ]),
    );
    return tx.run(SELECT);
  });
}

async function imported(row: Row): Promise<SigningKey> {
  return {
    kid: row.kid,
    publicJwk: row.public_jwk,
    publicKey: await importJWK(row.public_jwk, SIGNING_ALGORITHM),
    privateKey: await importJWK(row.private_jwk, SIGNING_ALGORITHM),
  };
}
