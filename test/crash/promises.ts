import { expect } from 'vitest';
import { type Database, statement } from '#platform/db';
import type { BilledCall } from '#sandbox/openai';
import { type Client, VARIANTS } from '../process/client.ts';

/** Nothing of it may be left once all is over: work that is not done, a permit or a call that is not resolved. */
export async function countUnfinished(db: Database): Promise<Record<string, number>> {
  const [row] = await db.asMigrator(
    statement<Record<string, number>>(
      `select (select count(*) from limits.permits where state in ('queued', 'running')) as permits,
              (select count(*) from limits.usage_events where state in ('pending', 'sent')) as calls,
              (select count(*) from jobs.jobs where state in ('ready', 'delayed', 'running')) as jobs,
              (select count(*) from mail.messages where status in ('asked', 'waiting')) as mails,
              (select count(*) from limits.alerts where told_at is null) as alerts,
              (select count(*) from webhooks.events where dispatched_at is null) as events,
              (select count(*) from webhooks.deliveries where state = 'sending' or attempt = 0) as deliveries,
              (select count(*) from reel.generations where status in ('queued', 'running')) as generations`,
    ),
  );
  return row ?? {};
}

export const NOTHING = {
  permits: 0,
  calls: 0,
  jobs: 0,
  mails: 0,
  alerts: 0,
  events: 0,
  deliveries: 0,
  generations: 0,
};

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
  readonly cost: number;
}

interface Permit {
  readonly id: string;
  readonly product: string;
  readonly state: string;
  readonly request_id: string;
}

/**
 * Never lost: every call on the provider's bill has exactly one posted row, and exact rows say what the bill says. A
 * crash hides the figures of the one call that is under way.
 */
export async function expectLedgerToAgree(
  db: Database,
  { bill, hidden }: { bill: readonly BilledCall[]; hidden: number },
): Promise<void> {
  const permits = await db.asMigrator(
    statement<Permit>('select id, product, state, request_id from limits.permits'),
  );
  const events = await db.asMigrator(
    statement<Event>(
      `select id, permit_id, request_id, provider_request_id, prompt_tokens, completion_tokens, estimated, corrects, state, cost
       from limits.usage_events order by created_at`,
    ),
  );
  const requests = new Map(permits.map(({ id, request_id }) => [id, request_id]));
  for (const event of events) expect(event.request_id).toBe(requests.get(event.permit_id));
  const posted = events.filter(({ state, corrects }) => state === 'posted' && corrects === null);
  const exact = posted.filter(({ estimated }) => !estimated);
  for (const row of exact) {
    const billed = bill.find(({ request_id }) => request_id === row.provider_request_id);
    expect(billed, `no call on the bill for the exact row ${JSON.stringify(row)}`).toBeDefined();
    const { prompt_tokens, completion_tokens } = row;
    expect({ prompt_tokens, completion_tokens }).toEqual({
      prompt_tokens: billed?.prompt_tokens,
      completion_tokens: billed?.completion_tokens,
    });
  }
  const joined = exact.map(({ provider_request_id }) => provider_request_id);
  expect(new Set(joined).size, 'a call of the bill is in the ledger twice').toBe(joined.length);
  // What the process never learnt is there as an estimate, one row for each such call of the request: the bill knows of no permits, and
  // what follows from a request may have a permit of its own.
  const unlearnt = bill.filter(({ request_id }) => !joined.includes(request_id));
  for (const permit of permits) {
    const calls = unlearnt.filter(({ client_request_id }) => client_request_id === permit.request_id);
    const estimates = posted.filter((row) => row.request_id === permit.request_id && row.estimated);
    expect(
      calls.length,
      `calls of request ${permit.request_id} that are not in the ledger`,
    ).toBeLessThanOrEqual(estimates.length);
  }
  expect(
    posted.filter(({ estimated }) => estimated).length,
    'more is estimated than crashes can have hidden',
  ).toBeLessThanOrEqual(hidden);
  const known = new Set(permits.map(({ request_id }) => request_id));
  expect(unlearnt.filter(({ client_request_id }) => !known.has(client_request_id ?? ''))).toEqual([]);
}

/**
 * Each key made one generation, and each generation is whole: variants, or none and a reason. What was made is charged,
 * be it cut short by a cancel or by too many crashes, and nothing else is.
 */
export async function expectWholeGenerations(db: Database): Promise<void> {
  const rows = await db.asMigrator(
    statement<{ status: string; asked: number; variants: number; permit: string; failed: boolean }>(
      `select g.status, g.variants as asked, g.error_code is not null as failed, p.state as permit,
              (select count(*)::int from reel.variants v where v.account_id = g.account_id and v.generation_id = g.id) as variants
       from reel.generations g join limits.permits p on p.account_id = g.account_id and p.id = g.permit_id`,
    ),
  );
  for (const row of rows) {
    const { status, variants } = row;
    const hasWork = variants > 0;
    expect(['cancelled', hasWork ? 'completed' : 'failed']).toContain(status);
    expect(variants).toBeLessThanOrEqual(VARIANTS);
    const permit = hasWork ? 'settled' : 'voided';
    expect(row).toEqual({ status, variants, asked: VARIANTS, permit, failed: status === 'failed' });
  }
  const [keys] = await db.asMigrator(
    statement<{ keys: number; generations: number }>(
      `select (select count(*)::int from idempotency.keys where route = 'POST /v1/create' and state = 'done') as keys,
              (select count(*)::int from reel.generations) as generations`,
    ),
  );
  expect(keys?.keys, 'one generation for each Idempotency-Key').toBe(keys?.generations);
}

interface Usage {
  readonly product: string;
  readonly limit: string;
  readonly used: number;
}

/** Quota follows settled permits, money follows posted calls, and nothing is held any more. */
export async function expectChargesToAgree(db: Database, client: Client): Promise<void> {
  const { body } = await client.call('GET /v1/usage');
  const used = Object.fromEntries(
    (body['data'] as Usage[]).map((one) => [`${one.product}.${one.limit}`, one.used]),
  );
  const rows = await db.asMigrator(
    statement<{ product: string; settled: number; cost: number }>(
      `select product, (select count(*)::int from limits.permits p where p.product = e.product and p.state = 'settled') as settled,
              coalesce(sum(cost) filter (where state = 'posted'), 0)::int as cost
       from limits.usage_events e group by product`,
    ),
  );
  const figuresOf = (name: string) => rows.find(({ product }) => product === name) ?? { settled: 0, cost: 0 };
  expect(used).toMatchObject({
    'reel.generations': figuresOf('reel').settled,
    'reel.concurrent': 0,
    'reel.daily_cost': figuresOf('reel').cost,
    'gateway.calls': figuresOf('gateway').settled,
    'gateway.concurrent': 0,
    'gateway.daily_cost': figuresOf('gateway').cost,
  });
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

/** An alert is told once, even if a process died meanwhile: one event, its deliveries, one mail to each. */
export async function expectAlertsToldOnce(db: Database): Promise<void> {
  const [row] = await db.asMigrator(
    statement<Record<string, number>>(
      `select (select count(*) from limits.alerts)::int as alerts,
              (select count(*) from webhooks.events where type = 'limit.alert')::int as events,
              (select count(*) from mail.messages where template = 'limit_alert')::int as mails`,
    ),
  );
  const { alerts = 0 } = row ?? {};
  expect(row).toEqual({ alerts, events: alerts, mails: alerts });
}
