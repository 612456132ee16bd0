import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';
import { temporaryFolder } from '@plinth/testkit/services';
import type { Customer } from '@plinth/testkit/services/app';
import { isShort } from '@plinth/testkit/thorough';
import { expect, test } from 'vitest';
import { shuffle } from '../billing/every-order.ts';
import { chanceOf } from '../faults/chance.ts';
import { openSellingApp } from './fixture.ts';

const path = join(temporaryFolder(), 'plinth.plans.yaml');
writeFileSync(
  path,
  `products:
  studio:
    limits: { images: credits per month }
    features: { paint: { consumes: images, outside: account } }
    plans:
      free: { price: free, grants: { images: 3 } }
      pro: { price: { monthly: 19, jpy: { monthly: 2900 }, kwd: { monthly: 5.9 } }, grants: { images: 500 } }
    add_ons:
      hundred: { price: { once: 9, jpy: 1400, kwd: 2.99 }, credits: 100, limit: images, months: 12 }
    default_plan: free
`,
);
const death = plannedDeath();
const selling = await openSellingApp({ settings: { PLANS_FILE: path }, crashHook: death.crashHook });
await selling.passTheMonth();
const { buy, call, customer, db, drainEvents, sandbox, stripe } = selling;
const { inbox, sales } = selling.app.modules;
const second = (await selling.beside()).app.modules.sales.topUps;
const PRICES = Object.entries({ usd: 900, jpy: 1_400, kwd: 2_990 });
const [THRESHOLD, MOST_PACKS] = [520, 6];

/** Charges of packs that were paid, oldest first. */
async function chargesOf({ accountId }: Customer) {
  const payers = sandbox.world.table('customer').list();
  const payer = payers.find(({ metadata }) => metadata['plinth_account'] === accountId)?.id ?? '';
  const { data } = await stripe.charges.list({ customer: payer, limit: 100 });
  return data
    .toReversed()
    .slice(1)
    .filter(({ paid }) => paid);
}

const sumOf = (all: readonly { readonly amount: number }[]) =>
  all.reduce((sum, { amount }) => sum + amount, 0);

interface ShownTopUp {
  readonly state: string;
  readonly stopped: { readonly reason: string } | null;
  readonly spent: number;
  readonly attempts: readonly { readonly state: string; readonly amount: number }[];
}

async function topUpOf({ key }: Customer): Promise<ShownTopUp> {
  const { body } = await call(key, 'GET /v1/billing/top-ups');
  const [found] = body['data'] as readonly ShownTopUp[];
  if (found === undefined) throw new Error('nothing was agreed to');
  return found;
}

async function balanceOf({ key }: Customer): Promise<number> {
  const { body } = await call(key, 'GET /v1/usage');
  const all = body['data'] as readonly { readonly product: string; readonly balance?: number }[];
  return all.find(({ product }) => product === 'studio')?.balance ?? 0;
}

/** Events of one history, `agree` with the currency's price. */
const EVENTS = ['spend', 'buy', 'refund', 'dispute', 'expire', 'agree'] as const;
let uses = 0;

async function happen(
  event: (typeof EVENTS)[number],
  who: Customer,
  [currency, price]: (typeof PRICES)[number],
) {
  const { key, accountId } = who;
  const last = (await chargesOf(who)).findLast(({ refunded, disputed }) => !refunded && !disputed);
  if (event === 'spend')
    await call(key, 'POST /v1/permits', {
      body: { product: 'studio', feature: 'paint', units: 130 },
      headers: { 'idempotency-key': `paint-${(uses += 1)}` },
    });
  else if (event === 'buy') await buy(who, { product: 'studio', add_on: 'hundred', currency });
  else if (event === 'refund') await (last && stripe.refunds.create({ charge: last.id }));
  else if (event === 'dispute') {
    if (last !== undefined) sandbox.bank.dispute(last.id);
  } else if (event === 'expire')
    await db.asMigrator(
      statement(
        `update limits.credits set expires_at = app.now() where account_id = $1 and source = 'top_up'`,
        [accountId],
      ),
    );
  else {
    const agreed = { unit_amount: price, currency };
    const order = {
      product: 'studio',
      add_on: 'hundred',
      threshold: THRESHOLD,
      monthly_cap: MOST_PACKS * price,
    };
    expect((await call(key, 'PUT /v1/billing/top-ups', { body: { ...order, agreed } })).status).toBe(200);
  }
}

/** A minute goes by, and two processes look at once. */
async function run() {
  await advance(db, '1 minute');
  await Promise.allSettled([sales.topUps.run(), second.run()]);
}

const POINTS = ['looked', 'begun', 'invoice', 'closed'].flatMap((name) =>
  ['before', 'after'].map((phase) => `${phase} billing.top-up-${name}`),
);

test.each(Array.from({ length: isShort ? 8 : 20 }, (_, seed) => [seed]))(
  'history %i: no need is charged twice, nothing past the cap, and where nothing is bought it says why',
  async (seed) => {
    const sold = PRICES[seed % PRICES.length] ?? ['usd', 900];
    const [currency, price] = sold;
    const who = await customer();
    await buy(who, { product: 'studio', plan: 'pro', currency });
    await happen('agree', who, sold);
    // A pack is needed from the first minute on.
    death.plan(POINTS[seed % POINTS.length] ?? '');
    await run();
    death.over();
    await advance(db, '2 minutes');
    await run();
    let isGone = false;
    let outside = 0;
    for (const event of shuffle(EVENTS, chanceOf(`top-ups ${seed}`))) {
      const before = (await chargesOf(who)).length;
      await happen(event, who, sold);
      if (event === 'agree') isGone = false;
      if (['refund', 'dispute'].includes(event) && before > 0) isGone = true;
      // Every third history hears of nothing, and asks.
      if (seed % 3 === 0) await inbox.reconcile();
      await drainEvents();
      const charged = (await chargesOf(who)).length;
      await run();
      const balance = await balanceOf(who);
      const { state, stopped, spent, attempts } = await topUpOf(who);
      const now = await chargesOf(who);
      expect(now.length - charged).toBeLessThanOrEqual(isGone ? 0 : 1);
      if (event === 'buy') outside += price;
      const paid = attempts.filter((one) => one.state === 'paid');
      expect(sumOf(now)).toBe(outside + sumOf(paid));
      expect(spent).toBeLessThanOrEqual(MOST_PACKS * price);
      if (state === 'on') expect(balance).toBeGreaterThanOrEqual(THRESHOLD);
      else expect(stopped?.reason).toBe(isGone ? 'money_back' : 'monthly_cap');
      await run();
      expect((await chargesOf(who)).length).toBe(now.length);
    }
  },
);
