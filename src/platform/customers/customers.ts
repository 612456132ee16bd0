import type { Database } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import { type AccountId, AppError, isUuid } from '#platform/kernel';
import type { Limits } from '#platform/limits';
import { type CustomerQuestion, type CustomerRow, readCustomer, searchCustomers } from './store.ts';

/** Accounts that one search answers. */
const MOST_FOUND = 20;
/** Rows of the ledger that are shown with an account. */
const LAST_CALLS = 20;
/** Milliseconds after a request within which its permit is made, or its caller has given up. */
const ADMITTED_WITHIN = 30_000;

/** The plan that an account has of a product. */
export interface CustomerPlan {
  readonly product: string;
  readonly plan: string;
  readonly source: string;
}

/** An account as who runs the server sees it; figures are of 30 days, denials of seven. */
export interface Customer extends Omit<CustomerRow, 'created_at' | 'last_call_at'> {
  readonly plans: readonly CustomerPlan[];
  readonly last_call_at: string | null;
  readonly created_at: string;
}

/** Accounts, for who runs the server. */
export interface Customers {
  /** By email, name, id of an account, person, key, permit or request, or what is shown of a key; the closest first. */
  search(text: string): Promise<Customer[]>;
  /** With its limits and its last calls. Throws `not_found`. */
  get(id: string): Promise<{
    readonly customer: Customer;
    readonly limits: Awaited<ReturnType<Limits['usage']>>;
    readonly calls: Awaited<ReturnType<Limits['usageEvents']>>['rows'];
  }>;
}

interface CustomersParts {
  readonly db: Database;
  readonly entitlements: Pick<Entitlements, 'current'>;
  readonly limits: Pick<Limits, 'usage' | 'usageEvents'>;
}

export function createCustomers({ db, entitlements, limits }: CustomersParts): Customers {
  /** Plans that it has by itself are every account's, and say nothing of this one. */
  async function plansOf(accountId: AccountId): Promise<CustomerPlan[]> {
    const present = await entitlements.current(accountId);
    return present.flatMap(({ product, plan, source }) =>
      plan === null || source === null || source === 'default' ? [] : [{ product, plan, source }],
    );
  }

  const viewOf = async (row: CustomerRow): Promise<Customer> => ({
    ...row,
    plans: await plansOf(row.account_id as AccountId),
    last_call_at: row.last_call_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  });

  return {
    async search(text) {
      const [rows] = await db.system('admin.customers', [searchCustomers(questionOf(text), MOST_FOUND)]);
      return Promise.all(rows.map(viewOf));
    },
    async get(id) {
      const [[row]] = await db.system('admin.customers', [readCustomer(id)]);
      if (row === undefined) throw new AppError('not_found');
      const accountId = row.account_id as AccountId;
      const [customer, used, { rows: calls }] = await Promise.all([
        viewOf(row),
        limits.usage(accountId),
        limits.usageEvents(accountId, { limit: LAST_CALLS }),
      ]);
      return { customer, limits: used, calls };
    },
  };
}

/** The id of a request is a UUIDv7, whose first 48 bits are its time; so are those of permits (RFC 9562, section 5.7). */
function questionOf(text: string): CustomerQuestion {
  const id = isUuid(text) ? text.toLowerCase() : undefined;
  if (id?.[14] !== '7') return { text, id, permits: undefined };
  const at = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return { text: id, id, permits: [idAt(at), idAt(at + ADMITTED_WITHIN)] };
}

function idAt(milliseconds: number): string {
  const hex = milliseconds.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`;
}
