import type { JWK } from 'jose';
import { statement } from '#platform/db';
import { sealedColumn } from '#platform/secrets';

export const SIGNING_ALGORITHM = 'EdDSA';
/** How long an access token lives, in seconds. */
export const LIFETIME_S = 600;
/** How long any token of these keys lives at most, in seconds: one of an entitlement, which is verified without asking here. */
export const LONGEST_TOKEN_S = 86_400;
/** Seconds for which verifiers of our tokens may cache the JWKS, as its answer says. */
export const JWKS_MAX_AGE_S = 300;
/**
 * Seconds for which a new key is in the JWKS before it signs: longer than anyone keeps the JWKS. Three times what the
 * answer allows, since some libraries go by their own ten minutes (jose's `createRemoteJWKSet`).
 */
const AHEAD_S = 900;
/** Seconds for which a key verifies after the next one signs: as long as its last token lives, and five minutes for clocks that differ. */
const AFTER_S = LONGEST_TOKEN_S + 300;

const PRIVATE = sealedColumn({ table: 'identity.signing_keys', column: 'private_jwk', key: ['kid'] });

/** Binds a sealed private key to its row. */
export const placeOfPrivateKey = (kid: string): string => PRIVATE.context(kid);

export interface SigningKeyRow {
  readonly kid: string;
  readonly public_jwk: JWK;
  /** Sealed. */
  readonly private_jwk: string;
  readonly created_at: Date;
  readonly signs_from: Date;
  /** When it verifies no more; null while no key comes after it. */
  readonly ends_at: Date | null;
  /** Milliseconds from now until it signs, and until it verifies no more; negative: since. */
  readonly signs_in: number;
  readonly ends_in: number | null;
  /** Days since it was made. */
  readonly age: number;
}

/** Two processes that change the keys at once do so after each other. */
export const lockSigningKeys = statement(
  "select pg_advisory_xact_lock(hashtextextended('plinth signing keys', 0))",
);

/** All keys that are not over, the one that signs last first. */
export const signingKeys = statement<SigningKeyRow>(
  `select kid, public_jwk, private_jwk, created_at, signs_from, ends_at, extract(epoch from signs_from - at)::float8 * 1000 as signs_in,
     extract(epoch from ends_at - at)::float8 * 1000 as ends_in, extract(epoch from at - created_at)::float8 / 86400 as age
   from (
     select kid, public_jwk, private_jwk, created_at, signs_from, (select app.now()) as at,
       lead(signs_from) over (order by signs_from, kid) + make_interval(secs => ${AFTER_S}) as ends_at
     from identity.signing_keys
   ) k
   where ends_at is null or ends_at > at order by signs_from desc, kid desc`,
);

export const insertSigningKey = (
  key: { readonly kid: string; readonly publicJwk: JWK; readonly sealed: string },
  when: 'ahead' | 'at once',
) =>
  statement(
    `insert into identity.signing_keys (kid, public_jwk, private_jwk, signs_from)
     values ($1, $2::text::jsonb, $3, app.now() + make_interval(secs => $4))`,
    [key.kid, JSON.stringify(key.publicJwk), key.sealed, when === 'ahead' ? AHEAD_S : 0],
  );

export const deleteSigningKeysBut = (kids: readonly string[]) =>
  statement<{ kid: string }>(
    'delete from identity.signing_keys where not kid = any ($1::text[]) returning kid',
    [kids],
  );
