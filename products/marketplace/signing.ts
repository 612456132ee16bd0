import {
  canonicalBytes,
  commitPoint,
  createSigningKeys,
  keysIn,
  type ProductContext,
  signBytes,
} from 'plinth/product';
import { removedVersions } from './store.ts';

/** The keys that approvals and the list of removed plugins are signed with. */
const MARKET_KEYS = keysIn('adiuva.market_keys', {
  use: 'adiuva.review',
  kept: commitPoint('adiuva.market-key', 'a key that signs approvals and the list of removed plugins'),
  rotated: commitPoint('adiuva.market-key-rotated', 'a key in place of another, and the answer to a repeat'),
});

/** A removal is in the list within this time, whichever process is asked. */
const FRESH_MS = 5_000;

/** Signatures of the marketplace: approvals, and the list of all removed versions. */
export function createMarketSigning({
  db,
  clock,
  secrets,
}: Pick<ProductContext, 'db' | 'clock' | 'secrets'>) {
  const keys = createSigningKeys({ db, clock, secrets, store: MARKET_KEYS });
  let kept: { readonly at: number; readonly list: ReturnType<typeof signRevoked> } | undefined;

  /** Signs what a value is as canonical JSON (RFC 8785), with Ed25519. */
  async function signJson(value: unknown) {
    const { keyId, bytes } = await signBytes(await keys.current('ed25519'), canonicalBytes(value));
    return { key_id: keyId, signature: Buffer.from(bytes).toString('base64') };
  }

  async function signRevoked() {
    const [rows] = await db.system('adiuva.review', [removedVersions]);
    const plugins = rows.map((row) => ({ ...row, removed_at: row.removed_at.toISOString() }));
    const list = { issued_at: new Date(clock.now()).toISOString(), plugins };
    return { list, ...(await signJson(list)) };
  }

  return {
    keys,
    signJson,
    /** The next one asks the database. */
    forgetRevoked: () => void (kept = undefined),
    /** Reads and signs the list once in some seconds, however many ask. */
    revoked(): ReturnType<typeof signRevoked> {
      if (kept !== undefined && clock.monotonic() - kept.at < FRESH_MS) return kept.list;
      const reading = { at: clock.monotonic(), list: signRevoked() };
      kept = reading;
      reading.list.catch(() => {
        if (kept === reading) kept = undefined;
      });
      return reading.list;
    },
  };
}

export type MarketSigning = ReturnType<typeof createMarketSigning>;
