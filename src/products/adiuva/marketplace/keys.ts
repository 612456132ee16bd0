import { commitPoint } from '#platform/db';
import type { ProductContext } from '#platform/product';
import { canonicalBytes, createSigningKeys, keysIn, signBytes, type SigningKeys } from '#platform/signing';

/** The keys that approvals and the list of removed plugins are signed with. */
const MARKET_KEYS = keysIn('adiuva.market_keys', {
  use: 'adiuva.review',
  kept: commitPoint('adiuva.market-key', 'a key that signs approvals and the list of removed plugins'),
  rotated: commitPoint(
    'adiuva.market-key-rotated',
    'a key that signs in place of another, and the answer to a repeat',
  ),
});

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
