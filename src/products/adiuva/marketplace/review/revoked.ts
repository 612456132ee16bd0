import type { ProductContext } from '#platform/product';
import type { SigningKeys } from '#platform/signing';
import { signJson } from '../keys.ts';
import { removedVersions } from './admin-store.ts';

/** A removal is in the list within this time, whichever process is asked. */
const FRESH_MS = 5_000;

/** The list of all removed versions, signed. */
export interface RevokedList {
  readonly list: {
    readonly issued_at: string;
    readonly plugins: readonly {
      readonly id: string;
      readonly version: string;
      readonly sha256: string;
      readonly removed_at: string;
    }[];
  };
  readonly key_id: string;
  /** Ed25519 over the canonical JSON of `list`, in base64. */
  readonly signature: string;
}

/** Reads and signs the list once in some seconds, however many ask. */
export function createRevokedList({
  db,
  clock,
  keys,
}: Pick<ProductContext, 'db' | 'clock'> & { readonly keys: SigningKeys }) {
  let kept: { readonly at: number; readonly list: Promise<RevokedList> } | undefined;

  async function sign(): Promise<RevokedList> {
    const [rows] = await db.system('adiuva.review', [removedVersions]);
    const plugins = rows.map(({ plugin_id: id, version, sha256, removed_at: at }) => ({
      id,
      version,
      sha256,
      removed_at: at.toISOString(),
    }));
    const list = { issued_at: new Date(clock.now()).toISOString(), plugins };
    return { list, ...(await signJson(keys, list)) };
  }

  return {
    forget: () => void (kept = undefined),
    read(): Promise<RevokedList> {
      if (kept !== undefined && clock.monotonic() - kept.at < FRESH_MS) return kept.list;
      const reading = { at: clock.monotonic(), list: sign() };
      kept = reading;
      reading.list.catch(() => {
        if (kept === reading) kept = undefined;
      });
      return reading.list;
    },
  };
}
