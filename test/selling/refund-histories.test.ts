import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statement } from '#platform/db';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';
import { temporaryFolder } from '@plinth/testkit/services';
import type { Customer } from '@plinth/testkit/services/app';
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
const { buy, customer, db, drainEvents, later, plan, stripe } = selling;
const { inbox } = selling.app.modules;
const beside = await selling.beside();
const operator = await selling.admin();
const CURRENCIES = ['usd', 'jpy', 'kwd'] as const;
const POINTS = ['billing.change', 'billing.refunded', 'idempotency.claimed', 'idempotency.kept'].flatMap(
  (name) => ['before', 'after'].map((phase) => `${phase} ${name}`),
);

interface Shown {
  readonly payment: string;
  readonly amount_minor: number;
  readonly refunded_minor: number;
}

async function shown({ accountId }: Customer): Promise<readonly Shown[]> {
  const { body } = await selling.call(operator.key, `GET /v1/admin/customers/${accountId}`);
  return body['payments'] as readonly Shown[];
}

/** The refunded amount of a payment at Stripe. */
async function backAtStripe(payment: string): Promise<number> {
  const { data } = await stripe.refunds.list({ payment_intent: payment, limit: 100 });
  return data.filter(({ status }) => status === 'succeeded').reduce((sum, { amount }) => sum + amount, 0);
}

/** Refunds by us: a part, another part, of the pack, all that is left with the plan's end; and a part by the dashboard. */
const EVENTS = ['part', 'other part', 'pack', 'rest', 'dashboard', 'again'] as const;

test.each(Array.from({ length: 20 }, (_, seed) => [seed]))(
  'history %i: what operators gave back is at Stripe once, here the same, and never more than was paid',
  async (seed) => {
    const currency = CURRENCIES[seed % CURRENCIES.length] ?? 'usd';
    const who = await customer();
    await buy(who, { product: 'studio', plan: 'pro', currency });
    await buy(who, { product: 'studio', add_on: 'hundred', currency });
    const paid = await shown(who);
    const [pack, main] = paid.toSorted((one, other) => one.amount_minor - other.amount_minor);
    if (pack === undefined || main === undefined) throw new Error('nothing was bought');
    let [toEnd, isParted] = [false, false];
    const ask = (call: typeof selling.call, key: string, body: Readonly<Record<string, unknown>>) =>
      call(operator.key, 'POST /v1/admin/billing/refunds', {
        body: { account_id: who.accountId, ...body },
        headers: { 'idempotency-key': `history-${seed}-${key}` },
      }).catch(() => undefined);
    /** Sent twice, of two processes at once, or to one that dies; and repeated until it is answered. */
    async function refund(key: string, body: Readonly<Record<string, unknown>>) {
      const dies = key === 'part' ? [selling.call] : [selling.call, beside.call];
      await Promise.all(dies.map((call) => ask(call, key, body)));
      death.over();
      for (let tries = 0; tries < 5; tries += 1) {
        const { status } = (await ask(tries % 2 === 0 ? selling.call : beside.call, key, body)) ?? {};
        if (status === 200 || (status === 409 && tries > 2)) return;
        // A claim of a process that died is over in a minute.
        await later(0.01);
      }
    }
    const tenth = Math.floor(main.amount_minor / 100) * 10;
    for (const event of shuffle(EVENTS, chanceOf(`refunds ${seed}`))) {
      // The operator has so many calls a minute.
      await later(0.01);
      const before = await backAtStripe(main.payment);
      if (event === 'part' && before + tenth <= main.amount_minor)
        death.plan(POINTS[seed % POINTS.length] ?? '');
      if (event === 'part') isParted = true;
      if (event === 'part') await refund('part', { payment: main.payment, amount_minor: tenth });
      else if (event === 'other part')
        await refund('other', { payment: main.payment, amount_minor: 2 * tenth });
      else if (event === 'again' && isParted)
        await refund('part', { payment: main.payment, amount_minor: tenth });
      else if (event === 'pack') await refund('pack', { payment: pack.payment });
      else if (event === 'rest') {
        await refund('rest', { payment: main.payment, plan: 'end_now' });
        toEnd ||= before < main.amount_minor;
      } else if (before + tenth <= main.amount_minor)
        await stripe.refunds.create({ payment_intent: main.payment, amount: tenth });
      // Every third history hears of nothing, and asks.
      if (seed % 3 === 0) await inbox.reconcile();
      await drainEvents();
      const back = await backAtStripe(main.payment);
      expect(back).toBeLessThanOrEqual(main.amount_minor);
      if (event === 'rest') expect(back).toBe(main.amount_minor);
      const here = new Map((await shown(who)).map((one) => [one.payment, one.refunded_minor]));
      expect(here.get(main.payment)).toBe(back);
      expect(here.get(pack.payment)).toBe(await backAtStripe(pack.payment));
    }
    expect(await backAtStripe(main.payment)).toBe(main.amount_minor);
    expect(await backAtStripe(pack.payment)).toBe(pack.amount_minor);
    expect(await plan(who, 'studio')).toBe(toEnd ? 'studio.free' : 'studio.pro');
    const lines = await db.asMigrator(
      statement<{ amount: number; times: number }>(
        `select (changes->>'amount_minor')::integer as amount, count(*)::integer as times from audit.events
          where account_id = $1 and action = 'invoice.refund' group by target_id, changes`,
        [who.accountId],
      ),
    );
    expect(lines.every(({ times }) => times === 1)).toBe(true);
  },
);
