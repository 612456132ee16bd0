import { commitPoint, statement } from '#platform/db';
import type { ProductContext } from '#platform/product';
import { sealedColumn } from '#platform/secrets';
import {
  canonicalBytes,
  createSigningKeys,
  signBytes,
  type SigningKeyRow,
  type SigningKeys,
  type SigningKeyStore,
} from '#platform/signing';

const PRIVATE = sealedColumn({ table: 'adiuva.market_keys', column: 'private_sealed', key: ['id'] });

/** The keys that approvals and the list of removed plugins are signed with. */
const MARKET_KEYS: SigningKeyStore = {
  use: 'adiuva.review',
  kept: commitPoint('adiuva.market-key', 'a key that signs approvals and the list of removed plugins'),
  rotated: commitPoint(
    'adiuva.market-key-rotated',
    'a key that signs in place of another, and the answer to a repeat',
  ),
  placeOfPrivateKey: (id) => PRIVATE.context(id),
  list: statement<SigningKeyRow>(
    `select id, kind, public_key, private_sealed, created_at, retired_at from adiuva.market_keys
     order by (retired_at is not null), created_at desc, id`,
  ),
  insert: ({ id, kind, public_key: pem, private_sealed: sealed }) =>
    statement<{ id: string }>(
      `insert into adiuva.market_keys (id, kind, public_key, private_sealed) values ($1, $2, $3, $4)
       on conflict (kind) where retired_at is null do nothing returning id`,
      [id, kind, pem, sealed],
    ),
  lock: statement(`select pg_advisory_xact_lock(hashtextextended('adiuva market keys', 0))`),
  retire: (kind) =>
    statement(
      'update adiuva.market_keys set retired_at = app.now(), updated_at = app.now() where kind = $1 and retired_at is null',
      [kind],
    ),
};

export const createMarketKeys = ({ db, clock, secrets }: Pick<ProductContext, 'db' | 'clock' | 'secrets'>) =>
  createSigningKeys({ db, clock, secrets, store: MARKET_KEYS });

/** Signs what a value is as canonical JSON (RFC 8785), with Ed25519. */
export async function signJson(
  keys: SigningKeys,
  value: unknown,
): Promise<{ readonly key_id: string; readonly signature: string }> {
  const { keyId, bytes } = await signBytes(await keys.current('ed25519'), canonicalBytes(value));
  return { key_id: keyId, signature: Buffer.from(bytes).toString('base64') };
}
