import { type AccountId, AppError, atLeast, type Page, type ProductContext, type Role } from 'plinth/product';
import type { z } from 'zod';
import { type licenseReply, shownLicense, shownStatus, type statusReply } from './replies.ts';
import { EVERY_LICENSE, type LicenseFilter, type LicenseRow, placeOfKey, readLicense } from './store.ts';

type LicenseView = z.input<typeof licenseReply>;

/** Filter of a list, as it is asked for. */
export interface LicenseQuery {
  readonly active?: boolean | undefined;
  readonly tier?: string | undefined;
  readonly expires_before?: string | undefined;
  readonly expires_after?: string | undefined;
}

/** Licences as JSON. */
export interface LicenseViews {
  list(accountId: AccountId, query: LicenseQuery): Promise<Page<LicenseView>>;
  /** With its key for owners and admins. Throws `not_found`. */
  read(accountId: AccountId, id: string, role: Role): Promise<LicenseView>;
  /** For a holder of its key. */
  ofKey(accountId: AccountId): Promise<LicenseView>;
  status(accountId: AccountId): Promise<z.input<typeof statusReply>>;
  /** The key of an account's licence, to be shown. */
  key(accountId: AccountId): Promise<string>;
  /** Its row, with what it is worth now. Throws `license_not_found`. */
  row(accountId: AccountId): Promise<LicenseRow>;
}

export function createLicenseViews({ db, secrets }: Pick<ProductContext, 'db' | 'secrets'>): LicenseViews {
  const open = (accountId: AccountId, { id, key_sealed: sealed }: LicenseRow) =>
    secrets.open(sealed, placeOfKey(accountId, id));
  async function row(accountId: AccountId): Promise<LicenseRow> {
    const [[found]] = await db.tenant(accountId, [readLicense(accountId, EVERY_LICENSE)]);
    if (found === undefined) throw new AppError('license_not_found');
    return found;
  }
  return {
    row,
    async list(accountId, query) {
      const [rows] = await db.tenant(accountId, [readLicense(accountId, filterOf(query))]);
      return { data: rows.map((one) => shownLicense(one, null)), next_cursor: null };
    },
    async read(accountId, id, role) {
      const [[found]] = await db.tenant(accountId, [readLicense(accountId, EVERY_LICENSE)]);
      if (found?.id !== id) throw new AppError('not_found');
      return shownLicense(found, atLeast(role, 'admin') ? open(accountId, found) : null);
    },
    ofKey: async (accountId) => shownLicense(await row(accountId), null),
    status: async (accountId) => shownStatus(await row(accountId)),
    key: async (accountId) => open(accountId, await row(accountId)),
  };
}

function filterOf(query: LicenseQuery): LicenseFilter {
  return {
    active: query.active ?? null,
    tier: query.tier ?? null,
    expiresBefore: query.expires_before ?? null,
    expiresAfter: query.expires_after ?? null,
  };
}
