import { setTimeout as pause } from 'node:timers/promises';
import { type Database, statement } from '#platform/db';
import { createStripeSandbox, type StripeSandbox } from '#sandbox/stripe';
import { Stripe } from 'stripe';
import type { App } from '../server/src/app.ts';
import { packageAt } from '../sandboxes/src/stripe/testing/package.ts';
import type { Figures } from './figures.ts';
import { onDatabase, withApp } from './server.ts';

/** Stripe's own limit in live mode, and ours below it. */
const STRIPE_TAKES = 100;
const WE_READ = 75;
const EVENTS = 10_000;
/** Whom they are about: all hints at one are few reads. */
const CUSTOMERS = 500;
/** Deliveries under way at once. */
const AT_ONCE = 32;
const PREPARING_PER_SECOND = 50;

type Say = (line: string) => void;

/**
 * Stripe tells ten thousand events as fast as they are taken, in any order: how long until all are stored, and until all
 * are applied by the worker of the same process; and how near its reads came to Stripe's limit, which it must not touch.
 */
export async function benchInbox(say: Say): Promise<Figures> {
  return onDatabase(async (given) => {
    const sandbox = await createStripeSandbox({ driven: new Date(), requestsPerSecond: STRIPE_TAKES });
    const settings = { ...given, SANDBOX_STRIPE: 'true', STRIPE_READS_PER_SECOND: String(WE_READ) };
    try {
      const options = { work: true, migrate: true, stripeSandbox: sandbox };
      return await withApp(settings, options, (app) => measure(app, sandbox, say));
    } finally {
      await sandbox.close();
    }
  });
}

async function measure(app: App, sandbox: StripeSandbox, say: Say): Promise<Figures> {
  const { db, stripe: link } = app.modules;
  const { url } = await app.server.listen();
  sandbox.hold();
  // The start has told Stripe what is sold.
  await pause(1_500);
  const customers = await makeCustomers(sandbox);
  await pause(1_500);
  const before = sandbox.calls().length;
  const [secret = ''] = link?.webhookSecrets() ?? [];
  const began = performance.now();
  const times = await tell(`${url}/v1/webhooks/stripe`, customers, secret);
  const stored = performance.now();
  say(`stored in ${Math.round(stored - began)} ms`);
  while ((await countWants(db)) > 0) await pause(100);
  const drained = performance.now();
  const reads = sandbox.calls().slice(before);
  const figures = {
    events: EVENTS,
    objects: CUSTOMERS,
    stored_s: seconds(stored - began),
    stored_per_s: Math.round(EVENTS / ((stored - began) / 1_000)),
    answer_p50_ms: quantile(times, 0.5),
    answer_p99_ms: quantile(times, 0.99),
    /** From the first event on. */
    applied_s: seconds(drained - began),
    reads: reads.length,
    /** In any window of a second, by Stripe's own count; it takes so many. */
    most_reads_in_a_second: mostInASecond(reads.map(({ at }) => at)),
    stripe_takes: STRIPE_TAKES,
    refused_by_rate: reads.filter(({ status }) => status === 429).length,
  };
  say(JSON.stringify(figures));
  return figures;
}

async function makeCustomers(sandbox: StripeSandbox): Promise<string[]> {
  const stripe = packageAt(sandbox);
  const ids: string[] = [];
  while (ids.length < CUSTOMERS) {
    const { id } = await stripe.customers.create({});
    ids.push(id);
    await pause(1_000 / PREPARING_PER_SECOND);
  }
  return ids;
}

/** Delivers all events, each about one of the customers by turns; answers how long each took, in milliseconds. */
async function tell(url: string, customers: readonly string[], secret: string): Promise<number[]> {
  const times: number[] = [];
  const { webhooks } = new Stripe('sk_test_bench');
  let next = 0;
  async function lane(): Promise<void> {
    for (let n = next++; n < EVENTS; n = next++) {
      const payload = eventOf(n, customers[n % customers.length] ?? '');
      const signature = webhooks.generateTestHeaderString({ payload, secret });
      const begun = performance.now();
      const reply = await fetch(url, {
        method: 'POST',
        body: payload,
        headers: { 'content-type': 'application/json', 'stripe-signature': signature },
      });
      await reply.arrayBuffer();
      if (reply.status !== 200) throw new Error(`an event was answered ${reply.status}`);
      times.push(performance.now() - begun);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return times;
}

/** As large as such an event is. */
function eventOf(n: number, customer: string): string {
  return JSON.stringify({
    id: `evt_bench_${n}`,
    object: 'event',
    type: 'customer.updated',
    created: Math.floor(Date.now() / 1_000),
    livemode: false,
    data: { object: { id: customer, object: 'customer', description: 'x'.repeat(1_500) } },
  });
}

async function countWants(db: Database): Promise<number> {
  const [row] = await db.asMigrator(statement<{ n: number }>('select count(*)::int as n from billing.wants'));
  return row?.n ?? 0;
}

function mostInASecond(times: readonly number[]): number {
  let [first, most] = [0, 0];
  for (const [last, at] of times.entries()) {
    while (at - (times[first] ?? at) >= 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

const seconds = (milliseconds: number) => Math.round(milliseconds / 100) / 10;

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? Number.NaN) * 10) / 10;
}
