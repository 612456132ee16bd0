import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statement } from '#platform/db';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';
import { temporaryFolder } from '@plinth/testkit/services';
import type { Customer } from '@plinth/testkit/services/app';
import { isShort } from '@plinth/testkit/thorough';
import { expect, test } from 'vitest';
import { shuffle } from '../billing/every-order.ts';
import { chanceOf } from '../faults/chance.ts';
import { openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

/** Histories, each of a plan of its own. */
const SEEDS = Array.from({ length: isShort ? 8 : 20 }, (_, seed) => seed);
const CURRENCIES = ['usd', 'jpy', 'kwd'] as const;
const POINTS = ['plans.move-told', 'plans.move-passed'].flatMap((name) =>
  ['before', 'after'].map((phase) => `${phase} ${name}`),
);

/** The summaries of each plan as it is sold now. */
const sizes = SEEDS.map(() => 100);
const documentOf = () => `products:
  notes:
    limits: { summaries: quota per month }
    features: { summarize: { consumes: summaries } }
    plans:
      free: { price: free, grants: { summaries: 1 } }
${sizes.map((size, seed) => `      p${seed + 10}x: { price: { monthly: ${seed + 19}, jpy: { monthly: ${seed + 2900} }, kwd: { monthly: ${seed + 5}.9 } }, grants: { summaries: ${size} } }`).join('\n')}
    default_plan: free
`;
const path = join(temporaryFolder(), 'plinth.plans.yaml');
writeFileSync(path, documentOf());
const death = plannedDeath();
const selling = await openSellingApp({ settings: { PLANS_FILE: path }, crashHook: death.crashHook });
const { buy, customer, db, drainEvents, later } = selling;
const { mailsOf } = subscriptionCalls(selling);
const { inbox, services } = selling.app.modules;
const beside = await selling.beside();
const other = beside.app.modules.services;
const { key: admin } = await selling.admin();

/** Events of a history. `again` has the first order sent anew, under its key. */
const EVENTS = ['push', 'push', 'now', 'renewal', 'renew', 'revoke', 'again'] as const;

/** The summaries of a customer, and those from the next period on. */
interface Terms {
  readonly who: Customer;
  size: number;
  next: number | undefined;
}

const sizeOf = async ({ accountId }: Customer) =>
  (await services.entitlements.current(accountId)).find(({ product }) => product === 'notes')?.grants[
    'summaries'
  ];

async function push(seed: number): Promise<void> {
  sizes[seed] = (sizes[seed] ?? 0) + 10;
  const app = seed % 2 === 0 ? selling : beside;
  const pushed = await app.call(admin, 'PUT /v1/admin/plans', { body: { document: documentOf() } });
  expect(pushed.status).toBe(200);
  await Promise.all([services.plans.look(), other.plans.look()]);
}

/** The worker of one process dies, if it is planned so; both then go on at once, and leave a move to each other. */
async function runMoves(): Promise<void> {
  await services.plans.moves.run().catch(() => {});
  death.over();
  await Promise.all([services.plans.moves.run(), other.plans.moves.run()]);
  await services.plans.moves.run();
}

async function amountsPaid({ accountId }: Customer): Promise<number[]> {
  const rows = await db.asMigrator(
    statement<{ total: number }>(
      `select distinct total::integer from billing.invoices where account_id = $1 and state = 'paid'`,
      [accountId],
    ),
  );
  return rows.map(({ total }) => total);
}

test.each(SEEDS.map((seed) => [seed]))(
  'history %i: customers have the terms of one version whole, those that the last order gave them',
  async (seed) => {
    const currency = CURRENCIES[seed % CURRENCIES.length] ?? 'usd';
    const plan = `p${seed + 10}x`;
    const present = () => sizes[seed] ?? 0;
    const all: Terms[] = [];
    const joins = async () => {
      const who = await customer();
      await buy(who, { product: 'notes', plan, currency });
      all.push({ who, size: present(), next: undefined });
    };
    await joins();
    await joins();
    let orders = 0;
    let told = 0;
    let renewal: string | undefined;
    let first: { readonly at: 'now' | 'renewal'; readonly key: string; readonly id: unknown } | undefined;
    const order = (at: 'now' | 'renewal', key: string) =>
      selling.call(admin, 'POST /v1/admin/plans/moves', {
        headers: { 'idempotency-key': key },
        body: { plan: `notes.${plan}`, at, notice_days: 0 },
      });
    async function move(at: 'now' | 'renewal'): Promise<void> {
      orders += 1;
      const key = `versions-${seed}-${orders}`;
      const made = await order(at, key);
      const former = all.filter(({ size }) => size !== present());
      if (former.length === 0 && made.status === 409) return;
      expect(made.status).toBe(201);
      first ??= { at, key, id: made.body['id'] };
      if (at === 'renewal') renewal = String(made.body['id']);
      if (former.length > 0 && told === 0) death.plan(POINTS[seed % POINTS.length] ?? '');
      told += former.length > 0 ? 1 : 0;
      await runMoves();
      for (const one of former)
        Object.assign(one, at === 'now' ? { size: present(), next: undefined } : { next: present() });
    }
    const ways = {
      push: () => push(seed),
      now: () => move('now'),
      renewal: () => move('renewal'),
      async renew() {
        await later(32);
        // An order is known by its key for a day.
        first = undefined;
        for (const one of all) Object.assign(one, { size: one.next ?? one.size, next: undefined });
      },
      async revoke() {
        if (renewal === undefined) return;
        const ended = await selling.call(admin, `DELETE /v1/admin/plans/moves/${renewal}`);
        expect(ended.status).toBe(200);
        for (const one of all) one.next = undefined;
      },
      async again() {
        if (first === undefined) return;
        const repeated = await order(first.at, first.key);
        expect(repeated.body).toMatchObject({ id: first.id });
        await runMoves();
      },
    };
    for (const [place, event] of shuffle(EVENTS, chanceOf(`versions ${seed}`)).entries()) {
      // The operator has so many calls a minute.
      await later(0.01);
      await ways[event]();
      if (place === 3) await joins();
      // Every third history is told its renewals twice.
      if (seed % 3 === 0 && event === 'renew') await inbox.reconcile();
      await drainEvents();
      expect([event, await Promise.all(all.map(({ who }) => sizeOf(who)))]).toEqual([
        event,
        all.map(({ size }) => size),
      ]);
    }
    // The price is that of the purchase, also at other terms.
    for (const { who } of all) expect(await amountsPaid(who)).toHaveLength(1);
    const [one] = all;
    const mails = one === undefined ? [] : await mailsOf(one.who);
    expect(mails.filter((template) => template === 'plan_terms')).toHaveLength(told);
    await selling.endAll();
    await drainEvents();
  },
);
