import { type Database, type Statement, statement, type Transaction } from '#platform/db';
import type { Segment } from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';

/** What an account came to: by the name of a table its rows, without what hangs on when they were written. */
export type Rows = Readonly<Record<string, unknown>>;

interface Read {
  readonly name: string;
  readonly rows: unknown;
}

/** Everything of an account that what is applied later can hang on, and everything that it has, is told and has paid. */
export interface AccountReader {
  read(run: <R extends Statement<Read>>(asked: R) => Promise<Read[]>, accountId: AccountId): Promise<Rows>;
}

/** Ids of ours, and instants of ours at which a row was written. */
const PASSING = [
  'id',
  'account_id',
  'invoice_id',
  'created_at',
  'updated_at',
  'request_id',
  'created_by',
  'revoked_by',
];
/** Tables with numbers of fetches, which another order has otherwise. */
const NUMBERED = ['billing.objects'];

/**
 * Events that are told while they are news: whether one was told depends on when an answer came. That none is told twice
 * is in `billing.notices`, where each is noted, told or not.
 */
const WHILE_NEW = [
  'plan.changed',
  'subscription.created',
  'subscription.changed',
  'subscription.canceled',
  'invoice.paid',
  'payment.refunded',
  'dispute.opened',
  'dispute.closed',
  'credits.taken_back',
]
  .map((type) => `'${type}'`)
  .join(', ');

/** Reads every table of billing that has rows of accounts: a new one is compared as soon as it exists. What was known before hangs on when it was told. */
export async function openAccountReader(db: Database): Promise<AccountReader> {
  const tables = await db.asMigrator(
    statement<{ name: string }>(
      `select table_schema || '.' || table_name as name from information_schema.columns
       where table_schema = 'billing' and column_name = 'account_id' and table_name not like 'former_%' order by 1`,
    ),
  );
  const asked = [
    ...tables.map(({ name }) => rowsOf(name, NUMBERED.includes(name) ? [...PASSING, 'number'] : PASSING)),
    rowsOf('entitlements.grants', PASSING),
    rowsOf('limits.credits', PASSING),
    `select 'timelines', jsonb_object_agg(product, timeline) from (
       select distinct on (product) product, timeline from entitlements.snapshots where account_id = $1
       order by product, version desc) t`,
    `select 'webhooks.events', jsonb_agg(jsonb_build_array(type, once) order by type, once)
     from webhooks.events where account_id = $1 and type not in (${WHILE_NEW})`,
  ].join(' union all ');
  return {
    async read(run, accountId) {
      const rows = await run(statement<Read>(asked, [accountId]));
      return Object.fromEntries(rows.map(({ name, rows: has }) => [name, has]));
    },
  };
}

/** A subscription that had moved to a product of others before it was first read is none of ours: that it began is not noted. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'billing.notices': ` and kind <> 'subscription.created'`,
};

function rowsOf(table: string, without: readonly string[]): string {
  const names = without.map((name) => `'${name}'`).join(', ');
  return `select '${table}' as name, (select jsonb_agg(r order by r::text) from (
    select to_jsonb(t) - array[${names}] as r from ${table} t where account_id = $1${LEFT_OUT[table] ?? ''}) r) as rows`;
}

/**
 * What counts of them: what is in effect from an instant on, the money, and what was told. Grants that are over are left out,
 * as the spans before that instant: both may have been written by what was true for a while.
 */
export function endOf({ 'entitlements.grants': _grants, timelines, ...rows }: Rows, at: Date): Rows {
  const present = Object.entries((timelines ?? {}) as Readonly<Record<string, readonly Segment[]>>).map(
    ([product, timeline]) => [
      product,
      timeline.filter(({ until }) => until === null || new Date(until) > at).map(cutBefore(at)),
    ],
  );
  const notices = listOf(rows['billing.notices']).filter(
    ({ kind, about }) => !isOfAnInstant(String(kind), String(about)),
  );
  // That it is owed is told on the way to its first failure, or is not.
  const told = listOf(rows['billing.told_failures']).filter(({ nth }) => nth !== 0);
  return {
    ...rows,
    'billing.notices': notices,
    'billing.told_failures': told,
    timelines: Object.fromEntries(present),
  };
}

const cutBefore = (at: Date) => (segment: Segment) =>
  new Date(segment.from) < at ? { ...segment, from: at.toISOString() } : segment;

/** Mails whose sending depends on the time of the look: after the grace is over, or after its end has moved. */
const isOfAnInstant = (kind: string, about: string) =>
  (kind === 'subscription_suspended' && about.startsWith('in_')) || / \d+$/.test(about);

/**
 * Without what hangs on when we were told: a grace is counted from then, and so what was heard of later ends later. All else is the
 * same, whenever it was heard of.
 */
export function withoutTellings({ 'billing.told_failures': _told, timelines, ...rows }: Rows): Rows {
  const subscriptions = listOf(rows['billing.subscriptions']);
  const isEndedByGrace = subscriptions.some(({ suspended_by: by, given_up }) => by === 'payment' || given_up);
  return {
    ...rows,
    timelines: isEndedByGrace ? {} : timelines,
    'billing.subscriptions': subscriptions.map(
      ({ grace_ends_at: _until, suspends_at: _at, suspended_by: _by, failures: _n, ...row }) => row,
    ),
  };
}

const listOf = (rows: unknown) => (rows ?? []) as readonly Readonly<Record<string, unknown>>[];

/** The plan in effect at an instant, for each product with a bought plan. */
export function planOf({ timelines }: Rows, product: string, at: Date): string | null {
  const timeline = ((timelines ?? {}) as Readonly<Record<string, readonly Segment[]>>)[product] ?? [];
  return timeline.findLast(({ from: since }) => new Date(since) <= at)?.plan ?? null;
}

/** Minor units, all of one currency. */
export interface Money {
  readonly taken: number;
  readonly refunded: number;
  /** Lost to disputes. */
  readonly disputed: number;
}

/** The money in the rows of an account. */
export function moneyIn(rows: Rows): Money {
  const inState = (table: string, state: string) =>
    sumOf(
      ((rows[table] ?? []) as readonly { amount: number; state: string }[]).filter(
        (row) => row.state === state,
      ),
    );
  return {
    taken: inState('billing.payments', 'succeeded'),
    refunded: inState('billing.refunds', 'succeeded'),
    disputed: inState('billing.disputes', 'lost'),
  };
}

/** Units of credits that are left of all that were bought. */
export const creditsIn = (rows: Rows): number =>
  listOf(rows['limits.credits']).reduce((sum, { remaining }) => sum + Number(remaining), 0);

export function sumOf(amounts: readonly { readonly amount: number }[]): number {
  return amounts.reduce((sum, { amount }) => sum + amount, 0);
}

export const runIn = (tx: Transaction) => (asked: Statement<Read>) => tx.run(asked);
