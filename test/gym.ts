import { commitPoint, type Database, openDatabase, type Statement, statement } from '#platform/db';
import { catalogueOf, type Catalogue, type LimitDeclaration } from '#platform/entitlements';
import { type AccountId, type Clock, type Micros, micros, systemClock } from '#platform/kernel';
import {
  type Admission,
  type AdmitRequest,
  createLimits,
  type Denial,
  type Holder,
  type Limits,
  type Permit,
  startHolder,
  type Usage,
} from '#platform/limits';
import { answers } from './answers.ts';
import { ids, makeAccount, makeGrant, type Member } from './factories.ts';

/** A made-up product to exercise limits with: one feature that consumes all of its limits, and others where named. */
export interface Rules {
  readonly limits: Readonly<Record<string, LimitDeclaration>>;
  /** Sizes by plan, the cheapest first; a plan `only` when one is enough. */
  readonly plans: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly product?: string;
  readonly addOn?: { readonly days: number; readonly lifts: string };
  readonly features?: Readonly<Record<string, readonly string[]>>;
  readonly defaultPlan?: string;
  readonly longestSeconds?: number;
}

export function gymCatalogue(rules: Rules): Catalogue {
  const features = { use: Object.keys(rules.limits), ...rules.features };
  const longestSeconds = rules.longestSeconds ?? 366 * 86_400;
  return catalogueOf({
    key: rules.product ?? 'gym',
    name: 'Gym',
    holds: 'both',
    limits: rules.limits,
    features: Object.fromEntries(
      Object.entries(features).map(([name, consumes]) => [
        name,
        { consumes, reserve: micros(0), longestSeconds },
      ]),
    ),
    plans: Object.fromEntries(
      Object.entries(rules.plans).map(([name, grants], rank) => [
        name,
        { name, rank, price: { currency: 'usd', monthly: rank * 100 }, grants },
      ]),
    ),
    ...(rules.addOn === undefined
      ? {}
      : { addOns: { boost: { name: 'Boost', price: { currency: 'usd', once: 1 }, ...rules.addOn } } }),
    ...(rules.defaultPlan === undefined ? {} : { defaultPlan: rules.defaultPlan }),
  });
}

/** One process: its lease, and its limits. */
export interface Node {
  readonly db: Database;
  readonly holder: Holder;
  readonly limits: Limits;
  readonly lost: string[];
}

export async function openNode(
  db: Database,
  catalogues: readonly Catalogue[],
  clock: Clock = systemClock,
): Promise<Node> {
  const lost: string[] = [];
  const holder = await startHolder({
    db,
    ids,
    clock,
    kind: 'test',
    alone: false,
    onLost: (reason) => lost.push(reason),
  });
  return {
    db,
    holder,
    lost,
    limits: createLimits({ db, ids, answers, holder, catalogues }),
  };
}

/** The lease of a process ends as if it had been killed: what it would still do, it does too late. */
export async function kill(node: Node): Promise<void> {
  await node.db.asMigrator(
    statement(`update limits.holders set expires_at = app.now() - interval '1 minute' where id = $1`, [
      node.holder.id,
    ]),
  );
}

const hold = commitPoint('test.gym.hold', 'rows that a test holds');

/** Another connection locks the meters of an account; the answer lets them go. On PostgreSQL only. */
export function holdMeters(url: string, accountId: AccountId): Promise<() => Promise<void>> {
  return holdRows(url, [
    statement('select from limits.meters where account_id = $1 for update', [accountId]),
  ]);
}

/** Another connection runs statements and does not commit; the answer commits. On PostgreSQL only. */
export async function holdRows(url: string, statements: readonly Statement[]): Promise<() => Promise<void>> {
  const other = await openDatabase({ engine: 'postgres', url, poolSize: 1 });
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const done = other.system('limits.settlement', hold, async (tx) => {
    await tx.runAll(statements);
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  return async () => {
    release.resolve();
    await done;
    await other.close();
  };
}

/** How many connections to this database wait for a lock. On PostgreSQL only. */
export async function waitsForLocks(db: Database): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    ),
  );
  return row?.waiting ?? 0;
}

export async function openGym(db: Database, rules: Rules) {
  const catalogue = gymCatalogue(rules);
  const node = await openNode(db, [catalogue]);
  const [first = 'only'] = Object.keys(rules.plans);
  return {
    ...node,
    node,
    catalogue,
    /** A further process on the same database. */
    another: () => openNode(db, [catalogue]),
    /** A new account on a plan of the gym. */
    async member(plan = first): Promise<Member> {
      const member = await makeAccount(db);
      await makeGrant(db, member.accountId, { catalogue, plan });
      return member;
    },
    admit: (member: Member, more: Wanted = {}) => node.limits.admit(request(member, more, catalogue.product)),
  };
}

export type Gym = Awaited<ReturnType<typeof openGym>>;

/** What a request asks beyond the member; the reserve of its first call is 0 when not said. */
export type Wanted = Partial<Omit<AdmitRequest, 'call'>> & {
  readonly reserve?: number;
  readonly key?: string;
  readonly body?: string;
};

export function request(member: Member, wanted: Wanted = {}, product = 'gym'): AdmitRequest {
  const { reserve, key, body, ...more } = wanted;
  const of = { route: 'POST /use', by: member };
  const idempotency = { ...of, key: key ?? '', bodyHash: body ?? 'body', sealed: false };
  return {
    ...member,
    product,
    feature: 'use',
    call: planned(reserve ?? 0),
    as: 'inline',
    requestId: 'request',
    ...(key === undefined ? {} : { idempotency }),
    ...more,
  };
}

/** A provider call about to go out. */
export const planned = (reserve: number, model = 'small') => ({
  provider: 'sandbox',
  model,
  priceVersion: '2026-11-20',
  reserve: micros(reserve),
});

/** What a provider says of a call that it served; charged at what it cost, unless said otherwise. */
export const figures = (cost: number, more: Partial<Usage> = {}): Usage => ({
  provider: 'sandbox',
  model: 'small',
  providerRequestId: 'at-theirs',
  promptTokens: 10,
  cachedTokens: 4,
  completionTokens: 20,
  reasoningTokens: 5,
  cost: micros(cost),
  charged: micros(cost),
  priceVersion: '2026-11-20',
  estimated: false,
  ...more,
});

export function granted(admission: Admission): Permit {
  if (admission.kind !== 'permit') throw new Error(`not admitted: ${JSON.stringify(admission)}`);
  return admission.permit;
}

export function denied(admission: Admission): Denial {
  if (admission.kind !== 'denied') throw new Error(`not denied: ${admission.kind}`);
  return admission.denial;
}

/** How often each kind of answer was given. */
export function tally(admissions: readonly Admission[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of admissions) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** All windows of an account: what they hold, by scope and limit, whether they have passed or not. */
export async function windows(db: Database, accountId: AccountId): Promise<Record<string, number>> {
  const rows = await db.asMigrator(
    statement<{ name: string; used: number }>(
      `select m.scope || ' ' || t.name as name, t.used from limits.meters m, unnest(m.names, m.used) as t(name, used)
       where m.account_id = $1 order by 1`,
      [accountId],
    ),
  );
  return Object.fromEntries(rows.map(({ name, used }) => [name, used]));
}

export interface PermitRow {
  readonly id: string;
  readonly state: string;
  readonly fence: number;
  readonly reserve: Micros;
  readonly reason: string | null;
  readonly job_id: string | null;
}

export const permits = (db: Database, accountId: AccountId): Promise<PermitRow[]> =>
  db.asMigrator(
    statement<PermitRow>(
      'select id, state, fence, reserve, reason, job_id from limits.permits where account_id = $1 order by id',
      [accountId],
    ),
  );

export interface EventRow {
  readonly id: string;
  readonly attempt: number;
  readonly state: string;
  readonly estimated: boolean;
  readonly cost: number;
  readonly reserve: number;
  readonly model: string;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly corrects: string | null;
}

/** The ledger of an account, in the order in which calls were made; corrections after what they correct. */
export const ledger = (db: Database, accountId: AccountId): Promise<EventRow[]> =>
  db.asMigrator(
    statement<EventRow>(
      `select id, attempt, state, estimated, cost, reserve, model, prompt_tokens, completion_tokens, corrects
       from limits.usage_events where account_id = $1 order by permit_id, attempt, corrects nulls first`,
      [accountId],
    ),
  );

/** The ledger in one line each: `posted 30`, `posted 100 estimated`, `correction -70`. */
export async function ledgerLines(db: Database, accountId: AccountId): Promise<string[]> {
  const rows = await ledger(db, accountId);
  return rows.map(({ state, cost, estimated, corrects }) =>
    corrects === null
      ? `${state}${state === 'posted' ? ` ${cost}` : ''}${estimated ? ' estimated' : ''}`
      : `correction ${cost}`,
  );
}
