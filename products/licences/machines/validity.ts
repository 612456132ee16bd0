import type { AccountId, ProductContext } from 'plinth/product';
import type { z } from 'zod';
import { liveMachine } from './store.ts';
import { normalKey } from '../licenses/key.ts';
import { keyHashes } from '../licenses/license.ts';
import { accountOfKey, readHead } from '../licenses/store.ts';
import type { validityReply } from '../licenses/replies.ts';

/** No account, no licence and no machine have it. */
const NOBODY = '00000000-0000-0000-0000-000000000000' as AccountId;
const UNKNOWN = { valid: false, status: 'unknown', tier: null, expires_at: null, max_seats: null } as const;

export interface ValidityRequest {
  readonly licenseKey: string;
  readonly hardwareId?: string | undefined;
}

/**
 * Whether a key is good, for anybody. Of one that is not ours all is asked that is asked of another, for an account that does not
 * exist: neither the answer's shape nor its time tells anything. Throws `license_key_malformed`.
 */
export async function validity(
  parts: Pick<ProductContext, 'db' | 'secrets'>,
  { licenseKey, hardwareId }: ValidityRequest,
): Promise<z.input<typeof validityReply>> {
  const { db } = parts;
  const hashes = keyHashes(parts, normalKey(licenseKey));
  const [[found]] = await db.system('coditect.key', [accountOfKey(hashes)]);
  const accountId = found?.account_id ?? NOBODY;
  const [[head]] = await db.tenant(accountId, [readHead(accountId)]);
  const which = { accountId, id: head?.id ?? NOBODY };
  const isActivated =
    hardwareId === undefined ||
    (await db.tenant(accountId, [liveMachine(which, hardwareId)]))[0].length === 1;
  if (head === undefined) return UNKNOWN;
  return {
    valid: head.status === 'active' && isActivated,
    status: head.status,
    tier: head.tier,
    expires_at: head.period_end?.toISOString() ?? null,
    max_seats: head.seats,
  };
}
