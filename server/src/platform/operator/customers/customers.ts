import type { Accounts, ExternalCustomers } from '#platform/accounts';
import type { Billing, Subscriptions, SubscriptionView } from '#platform/billing';
import type { Database } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import { type Page, page, positionOf } from '#platform/http';
import { type AccountId, AppError, isUuid, sha256 } from '#platform/kernel';
import type { Limits } from '#platform/limits';
import { type AccountMoney, moneySpan, type Reports } from '#platform/reports';
import { z } from 'zod';
import {
  type CustomerQuestion,
  type CustomerRow,
  type CustomerSort,
  listCustomers,
  type ListedRow,
  type PaymentRow,
  paymentsOf,
  peopleOf,
  type PersonRow,
  readCustomer,
  searchCustomers,
} from './store.ts';

/** Accounts that one search answers. */
const MOST_FOUND = 20;
/** Rows of the ledger, and payments, that are shown with an account. */
const LAST_CALLS = 20;
const LAST_PAYMENTS = 10;
const LAST_SUBSCRIPTIONS = 10;
const MOST_PEOPLE = 100;
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
  readonly money: readonly AccountMoney[];
  readonly last_call_at: string | null;
  readonly created_at: string;
}

export interface CustomerPayment extends Omit<PaymentRow, 'occurred_at' | 'amount' | 'refunded'> {
  readonly amount_minor: number;
  readonly refunded_minor: number;
  readonly occurred_at: string;
  /** Where it can be refunded by hand; null: not by a page of the provider. */
  readonly dashboard_url: string | null;
}

export interface CustomerListRequest {
  readonly q?: string | undefined;
  readonly sort: CustomerSort;
  readonly status?: 'active' | 'suspended' | undefined;
  readonly payment?: 'failing' | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Accounts that a product finds by what it alone knows, such as a licence, and what that is called. */
export type FindAccounts = (text: string) => Promise<readonly AccountId[]>;

/** Accounts, for who runs the server. */
export interface Customers {
  /** All of them by pages; with a text those that it names, at most 20, the closest first. */
  list(request: CustomerListRequest): Promise<Page<Customer>>;
  /** With its limits, people, payments, subscriptions and last calls. Throws `not_found`. */
  get(id: string): Promise<{
    readonly customer: Customer;
    readonly people: readonly PersonRow[];
    readonly payments: readonly CustomerPayment[];
    readonly subscriptions: readonly SubscriptionView[];
    readonly limits: Awaited<ReturnType<Limits['usage']>>;
    readonly calls: Awaited<ReturnType<Limits['usageEvents']>>['rows'];
  }>;
  /** Those that the operator's backend names by ids of its own. */
  readonly external: ExternalCustomers;
  /** Plans of one of them, with what is used and left; `tag` is another one when any of it is. Signed, where a product is named. */
  entitlements(externalId: string, product: string | undefined): Promise<TaggedEntitlements>;
  /** Has searches ask a product, too. */
  findBy(what: string, find: FindAccounts): void;
}

interface TaggedEntitlements {
  readonly tag: string;
  readonly body: {
    readonly external_id: string;
    readonly account_id: AccountId;
    readonly data: Awaited<ReturnType<Billing['entitlements']>>;
    readonly token: string | null;
    readonly token_expires_at: number | null;
  };
}

interface CustomersParts {
  readonly db: Database;
  readonly accounts: Pick<Accounts, 'customers' | 'servedAccount'>;
  readonly billing: Pick<Billing, 'entitlements' | 'entitlementToken'>;
  readonly entitlements: Pick<Entitlements, 'current'>;
  readonly limits: Pick<Limits, 'usage' | 'usageEvents'>;
  readonly reports: Pick<Reports, 'accountMoney' | 'mode'>;
  readonly subscriptions: Pick<Subscriptions, 'list'>;
}

export function createCustomers(parts: CustomersParts): Customers {
  const { db, entitlements, limits, reports } = parts;
  const finders: [what: string, find: FindAccounts][] = [];

  /** Plans that it has by itself are every account's, and say nothing of this one. */
  async function plansOf(accountId: AccountId): Promise<CustomerPlan[]> {
    const present = await entitlements.current(accountId);
    return present.flatMap(({ product, plan, source }) =>
      plan === null || source === null || source === 'default' ? [] : [{ product, plan, source }],
    );
  }

  async function viewsOf(rows: readonly CustomerRow[]): Promise<Customer[]> {
    const ids = rows.map(({ account_id: id }) => id as AccountId);
    const money = ids.length === 0 ? undefined : await reports.accountMoney(ids);
    const plans = await Promise.all(ids.map(plansOf));
    return rows.map((row, index) => ({
      ...row,
      plans: plans[index] ?? [],
      money: money?.get(row.account_id) ?? [],
      last_call_at: row.last_call_at?.toISOString() ?? null,
      created_at: row.created_at.toISOString(),
    }));
  }

  async function foundByProducts(text: string): Promise<CustomerQuestion['products']> {
    const found = await Promise.all(
      finders.map(async ([found_by, find]) =>
        (await find(text)).map((account_id) => ({ account_id, found_by })),
      ),
    );
    return found.flat();
  }

  return {
    async list({ q, sort, status, payment, limit, cursor }) {
      if (q !== undefined) {
        const question = { ...questionOf(q), products: await foundByProducts(q) };
        const [rows] = await db.system('admin.customers', [
          searchCustomers(question, { status, limit: Math.min(limit, MOST_FOUND) }),
        ]);
        return { data: await viewsOf(rows), next_cursor: null };
      }
      const after = cursor === undefined ? undefined : afterOf(sort, cursor);
      const [[span]] = await db.system('admin.customers', [moneySpan()]);
      if (span === undefined) throw new Error('the database did not say what time it is');
      const [rows] = await db.system('admin.customers', [
        listCustomers({ sort, status, payment, mode: reports.mode, span, limit: limit + 1, after }),
      ]);
      const { data, next_cursor } = page(rows, limit, { item: withoutKey, position: placeOf(sort) });
      return { data: await viewsOf(data), next_cursor };
    },
    async get(id) {
      const [[row], people, payments] = await db.system('admin.customers', [
        readCustomer(id),
        peopleOf(id, MOST_PEOPLE),
        paymentsOf(id, LAST_PAYMENTS),
      ]);
      if (row === undefined) throw new AppError('not_found');
      const accountId = row.account_id as AccountId;
      const [[customer], used, { rows: calls }, { data: subscriptions }] = await Promise.all([
        viewsOf([row]),
        limits.usage(accountId),
        limits.usageEvents(accountId, { limit: LAST_CALLS }),
        parts.subscriptions.list(accountId, { limit: LAST_SUBSCRIPTIONS, before: undefined }),
      ]);
      if (customer === undefined) throw new AppError('not_found');
      return { customer, people, payments: payments.map(paymentView), subscriptions, limits: used, calls };
    },
    external: parts.accounts.customers,
    entitlements: (externalId, product) => readEntitlements(parts, externalId, product),
    findBy(what, find) {
      finders.push([what, find]);
    },
  };
}

/** Seconds for which a signed token is handed out again: one with less of its day left has another tag. */
const TOKEN_STEP = 3_600;

async function readEntitlements(
  { accounts, billing }: CustomersParts,
  externalId: string,
  product: string | undefined,
): Promise<TaggedEntitlements> {
  const { accountId, isArchived } = await accounts.servedAccount({ customer: externalId });
  if (isArchived) throw new AppError('customer_archived');
  const signed = product === undefined ? undefined : await billing.entitlementToken(accountId, product);
  const all = await billing.entitlements(accountId, true);
  const data = product === undefined ? all : all.filter((one) => one.product === product);
  const step = signed && Math.floor(signed.expiresAt / TOKEN_STEP);
  return {
    tag: sha256(JSON.stringify([accountId, data, step])).slice(0, 32),
    body: {
      external_id: externalId,
      account_id: accountId,
      data,
      token: signed?.token ?? null,
      token_expires_at: signed?.expiresAt ?? null,
    },
  };
}

function withoutKey(row: ListedRow): CustomerRow {
  const { key: _, ...customer } = row;
  return customer;
}

const POSITION = z.tuple([z.string(), z.string(), z.uuid()]);
const placeOf = (sort: CustomerSort) => (row: ListedRow) => [sort, row.key, row.account_id];

/** A cursor goes on in the order that it was made in, and in no other. */
function afterOf(sort: CustomerSort, cursor: string): [key: string, account: string] {
  const [of, key, account] = positionOf(cursor, POSITION);
  const isKey = sort === 'name' || (INSTANTS.has(sort) ? INSTANT : AMOUNT).test(key);
  if (of !== sort || !isKey)
    throw new AppError('validation_failed', { message: 'The cursor is one of another order.' });
  return [key, account];
}

const INSTANTS: ReadonlySet<CustomerSort> = new Set(['newest', 'last_call']);
const INSTANT = /^(?:-infinity|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d(?::\d\d)?)$/;
const AMOUNT = /^-?\d{1,30}$/;

/** Stripe's pages of what it was paid really, or in its test mode; a sandbox has none, and stores refund by their own consoles. */
function paymentView({ amount, refunded, occurred_at: at, ...payment }: PaymentRow): CustomerPayment {
  const isAtStripe = payment.store === 'stripe' && payment.mode !== 'sandbox';
  const test = payment.mode === 'test' ? 'test/' : '';
  return {
    ...payment,
    amount_minor: amount,
    refunded_minor: refunded,
    occurred_at: at.toISOString(),
    dashboard_url: isAtStripe
      ? `https://dashboard.stripe.com/${test}payments/${encodeURIComponent(payment.payment)}`
      : null,
  };
}

/** The id of a request is a UUIDv7, whose first 48 bits are its time; so are those of permits (RFC 9562, section 5.7). */
function questionOf(text: string): Omit<CustomerQuestion, 'products'> {
  const id = isUuid(text) ? text.toLowerCase() : undefined;
  if (id?.[14] !== '7') return { text, id, permits: undefined };
  const at = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return { text: id, id, permits: [idAt(at), idAt(at + ADMITTED_WITHIN)] };
}

function idAt(milliseconds: number): string {
  const hex = milliseconds.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`;
}
