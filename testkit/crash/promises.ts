import { type Database, statement } from '#platform/db';
import type { BilledCall } from '#sandbox/openai';
import type { CrashTests, WalkClient } from '../../server/src/main/doors/testing/crashes.ts';
import { walkClient } from './client.ts';
import type { CrashFixture } from './fixture.ts';
import type { RunningProgram } from './installation.ts';
import { readUntil } from './until.ts';

/** Work that is not done, permits and calls that are not resolved, by the table. */
const UNFINISHED: Readonly<Record<string, string>> = {
  'limits.permits': `state in ('queued', 'running')`,
  'limits.usage_events': `state in ('pending', 'sent')`,
  'jobs.jobs': `state in ('ready', 'delayed', 'running')`,
  'mail.messages': `status in ('asked', 'waiting')`,
  'limits.alerts': 'told_at is null',
  'webhooks.events': 'dispatched_at is null',
  'webhooks.deliveries': `state = 'sending' or attempt = 0`,
};

/** The products' own declarations. */
type Declared = readonly Pick<CrashTests, 'unfinished' | 'wrong'>[];

/** How many rows of each table are work that is not done. */
async function countUnfinished(db: Database, declared: Declared): Promise<Record<string, number>> {
  const tables = Object.entries(
    Object.assign({}, UNFINISHED, ...declared.map(({ unfinished }) => unfinished)) as typeof UNFINISHED,
  );
  const counts = tables.map(
    ([table, condition]) => `(select count(*)::int from ${table} where ${condition})`,
  );
  const [row] = await db.asMigrator(
    statement<{ counts: number[] }>(`select array[${counts.join(', ')}] as counts`),
  );
  return Object.fromEntries(tables.map(([table], index) => [table, row?.counts[index] ?? -1]));
}

export interface PromisesInput {
  readonly fixture: Pick<CrashFixture, 'key' | 'sandbox'>;
  /** Calls whose figures crashes may have hidden. */
  readonly hidden: number;
  readonly declared: Declared;
}

/** Waits until nothing is open any more, and answers which promises are broken. */
export async function brokenPromises(
  running: RunningProgram,
  { fixture, hidden, declared }: PromisesInput,
): Promise<string[]> {
  const { db, url } = running;
  const counts = await readUntil(
    () => countUnfinished(db, declared),
    (counted) => Object.values(counted).every((count) => count === 0),
  );
  const open = Object.entries(counts).filter(([, count]) => count !== 0);
  const alive = await aliveHolders(db);
  const rows = await Promise.all(declared.map(async ({ wrong }) => (await wrong?.(db)) ?? []));
  return [
    ...open.map(([table, count]) => `${table}: ${count} rows are not done after two minutes`),
    ...(await ledgerObjections(db, { bill: fixture.sandbox.bill(), hidden })),
    ...rows.flat(),
    ...(await alertObjections(db)),
    ...(await chargeObjections(running, walkClient(url, fixture.key()))),
    ...(alive === 1 ? [] : [`${alive} processes are taken to be alive, not 1`]),
  ];
}

interface Event {
  readonly id: string;
  readonly permit_id: string;
  readonly request_id: string;
  readonly provider_request_id: string | null;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly estimated: boolean;
  readonly corrects: string | null;
  readonly state: string;
}

interface Permit {
  readonly id: string;
  readonly request_id: string;
}

/**
 * Never lost: every call on the provider's bill has exactly one posted row, and exact rows say what the bill says. A
 * crash hides the figures of the one call that is under way.
 */
export async function ledgerObjections(
  db: Database,
  { bill, hidden }: { readonly bill: readonly BilledCall[]; readonly hidden: number },
): Promise<string[]> {
  const permits = await db.asMigrator(statement<Permit>('select id, request_id from limits.permits'));
  const events = await db.asMigrator(
    statement<Event>(
      `select id, permit_id, request_id, provider_request_id, prompt_tokens, completion_tokens, estimated, corrects, state
       from limits.usage_events order by created_at`,
    ),
  );
  const requests = new Map(permits.map(({ id, request_id }) => [id, request_id]));
  const known = new Set(requests.values());
  const posted = events.filter(({ state, corrects }) => state === 'posted' && corrects === null);
  const exact = posted.filter(({ estimated }) => !estimated);
  const joined = exact.map(({ provider_request_id }) => provider_request_id);
  const unlearnt = bill.filter(({ request_id }) => !joined.includes(request_id));
  const estimates = posted.filter(({ estimated }) => estimated);
  return [
    ...events
      .filter((event) => event.request_id !== requests.get(event.permit_id))
      .map(({ id }) => `usage event ${id} has another request than its permit`),
    ...exact
      .filter((row) => !bill.some((billed) => agrees(row, billed)))
      .map((row) => `no call on the bill is as the exact row says: ${JSON.stringify(row)}`),
    ...(new Set(joined).size === joined.length ? [] : ['a call of the bill is in the ledger twice']),
    // A call that the process never heard the end of is an estimate, one row for each such call of the request: the bill knows of no permits,
    // and a request may have several.
    ...[...known].flatMap((request) => {
      const calls = unlearnt.filter(({ client_request_id }) => client_request_id === request).length;
      const rows = estimates.filter(({ request_id }) => request_id === request).length;
      return calls <= rows
        ? []
        : [`${calls} calls of request ${request} have ${rows} estimates in the ledger`];
    }),
    ...(estimates.length <= hidden
      ? []
      : [`${estimates.length} calls are estimated, and crashes can have hidden ${hidden}`]),
    ...unlearnt
      .filter(({ client_request_id }) => !known.has(client_request_id ?? ''))
      .map(({ request_id }) => `the call ${request_id} on the bill has no permit`),
  ];
}

function agrees(row: Event, billed: BilledCall): boolean {
  return (
    billed.request_id === row.provider_request_id &&
    billed.prompt_tokens === row.prompt_tokens &&
    billed.completion_tokens === row.completion_tokens
  );
}

/** How many processes the database takes to be alive. */
export async function aliveHolders(db: Database): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ alive: number }>(
      'select count(*)::int as alive from limits.holders where expires_at > app.now()',
    ),
  );
  return row?.alive ?? -1;
}

/**
 * An alert is told once, even if a process died meanwhile: one event, and one mail to each; the mail of a higher threshold that is crossed too
 * goes for both. Where no limit has two alerts, that is one mail for each.
 */
async function alertObjections(db: Database): Promise<string[]> {
  const [row] = await db.asMigrator(
    statement<{ alerts: number; limits: number; events: number; mails: number }>(
      `select (select count(*) from limits.alerts)::int as alerts,
              (select count(distinct (account_id, scope, name, starts, size)) from limits.alerts)::int as limits,
              (select count(*) from webhooks.events where type = 'limit.alert')::int as events,
              (select count(*) from mail.messages where template = 'limit_alert')::int as mails`,
    ),
  );
  const isOnce =
    row !== undefined && row.events === row.alerts && row.mails >= row.limits && row.mails <= row.alerts;
  return isOnce ? [] : [`alerts are told another number of times: ${JSON.stringify(row)}`];
}

interface Usage {
  readonly product: string;
  readonly limit: string;
  readonly kind: string;
  readonly used: number;
}

interface Charged {
  readonly product: string;
  readonly feature: string;
  readonly units: number;
  readonly cost: number;
}

/** Quota follows settled permits, money follows posted calls, and nothing is held any more: in each product that the owner's account has. */
async function chargeObjections({ app, db }: RunningProgram, client: WalkClient): Promise<string[]> {
  const { body } = await client.call('GET /v1/usage');
  const { catalogues } = app.modules.entitlements;
  const charged = await db.asMigrator(
    statement<Charged>(
      `select p.product, p.feature, coalesce(sum(p.units) filter (where p.state = 'settled'), 0)::int as units,
              coalesce(sum((select sum(e.cost) from limits.usage_events e
                 where e.account_id = p.account_id and e.permit_id = p.id and e.state = 'posted')), 0)::int as cost
       from limits.permits p join accounts.accounts a on a.account_id = p.account_id and a.kind = 'organization'
       group by p.product, p.feature`,
    ),
  );
  const figures: Readonly<Record<string, 'cost' | 'units'>> = { budget: 'cost', quota: 'units' };
  const usage = body['data'] as Usage[];
  const products = new Set([...usage, ...charged].map(({ product }) => product));
  const unsaid = [...products].flatMap((product) =>
    Object.entries(catalogues.get(product)?.limits ?? {})
      .filter(([limit, { kind }]) => {
        const isSaid = usage.some((one) => one.product === product && one.limit === limit);
        return (Object.hasOwn(figures, kind) || kind === 'concurrency') && !isSaid;
      })
      .map(([limit]) => `${product}.${limit} is not in the account's usage`),
  );
  const amiss = usage.flatMap(({ product, limit, kind, used }) => {
    const figure = figures[kind];
    if (figure === undefined && kind !== 'concurrency') return [];
    const features = catalogues.get(product)?.features ?? {};
    const expected = charged
      .filter((row) => row.product === product && features[row.feature]?.consumes.includes(limit) === true)
      .reduce((sum, row) => sum + (figure === undefined ? 0 : row[figure]), 0);
    return used === expected ? [] : [`${product}.${limit}: ${used} are used, not ${expected}`];
  });
  return [...unsaid, ...amiss];
}
