import { type AccountId, AppError, type ProductContext } from 'plinth/product';
import { normalKey, tailOf } from './key.ts';
import { accountOfKey, type HeadRow, placeOfKey, readHead } from './store.ts';

/** Worth of a licence at an instant: by its row, and by what its account holds then. */
export interface LicenseHead {
  readonly accountId: AccountId;
  readonly id: string;
  /** The plan within the product: of one that is over, the last one that had seats. */
  readonly tier: string;
  readonly status: 'active' | 'suspended' | 'inactive';
  /** Why it is not active: payment, dispute, pause, ended, account, admin. */
  readonly reason: string | null;
  readonly seats: number;
  readonly machines: number;
  /** The longest offline lease that a session is given. */
  readonly offlineMinutes: number;
  /** Until when it works although a payment failed; null: none did. */
  readonly graceEndsAt: Date | null;
  readonly periodEnd: Date | null;
}

export interface Licenses {
  /** Throws `license_key_malformed`, without a look-up, and `license_not_found`. */
  byKey(key: string): Promise<LicenseHead>;
  /** Throws `license_not_found`. */
  ofAccount(accountId: AccountId): Promise<LicenseHead>;
}

/** The hashes that a key is looked up by. They can't be made without a master key; one for each of them, that of the present one first. */
export function keyHashes({ secrets }: Pick<ProductContext, 'secrets'>, key: string): readonly string[] {
  return secrets.derived(key, 'coditect.licenses.key_hash');
}

/** A key as it is kept. */
export interface KeptKey {
  readonly keyHash: string;
  readonly keyHashBy: string;
  readonly keySealed: string;
  readonly keyTail: string;
}

export function keptKey(
  parts: Pick<ProductContext, 'secrets'>,
  { accountId, id }: { readonly accountId: AccountId; readonly id: string },
  key: string,
): KeptKey {
  const { secrets } = parts;
  const [keyHash = ''] = keyHashes(parts, key);
  const keySealed = secrets.seal(key, placeOfKey(accountId, id));
  return { keyHash, keyHashBy: secrets.current, keySealed, keyTail: tailOf(key) };
}

export function createLicenses(context: Pick<ProductContext, 'db' | 'secrets'>): Licenses {
  const { db } = context;
  async function ofAccount(accountId: AccountId): Promise<LicenseHead> {
    const [[row]] = await db.tenant(accountId, [readHead(accountId)]);
    if (row === undefined) throw new AppError('license_not_found');
    return headOf(accountId, row);
  }
  return {
    ofAccount,
    async byKey(typed) {
      const hashes = keyHashes(context, normalKey(typed));
      const [[found]] = await db.system('coditect.key', [accountOfKey(hashes)]);
      if (found === undefined) throw new AppError('license_not_found');
      return ofAccount(found.account_id);
    },
  };
}

export function headOf(accountId: AccountId, row: HeadRow): LicenseHead {
  return {
    accountId,
    id: row.id,
    tier: row.tier,
    status: row.status,
    reason: row.reason,
    seats: row.seats,
    machines: row.machines,
    offlineMinutes: row.offline_minutes,
    graceEndsAt: row.grace_ends_at,
    periodEnd: row.period_end,
  };
}

/** Throws `license_suspended` and `license_inactive`. */
export function assertUsable({ status, reason }: LicenseHead): void {
  if (status === 'active') return;
  throw new AppError(status === 'suspended' ? 'license_suspended' : 'license_inactive', {
    details: { reason },
  });
}
