import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createStripeSandbox } from '#sandbox/stripe';
import { AppError } from '#platform/kernel';
import '../../errors.ts';
import { createStripeClient, type StripeClient } from './client.ts';
import { productIdOf } from './product-ids.ts';
import { agreedNow } from './assumptions/stage.ts';
import { cancel, changeLater, changeNow, presentPrice, resume } from './subscription-changes.ts';
import type { Change } from './wanted-change.ts';
import { readSubscription } from './subscription-reads.ts';

// Two who do something with one subscription at once: each step of the one is interrupted by all of the other.

const sandbox = await createStripeSandbox({ driven: true });
const client = createStripeClient({ ...sandbox, mode: 'sandbox' });
const stripe = await client.load();
afterAll(async () => {
  client.close();
  await sandbox.close();
});

const PRICES = { basic: '', standard: '', pro: '' };
type Plan = keyof typeof PRICES;
let customer = '';
beforeAll(async () => {
  for (const [n, plan] of (['basic', 'standard', 'pro'] as const).entries()) {
    const { id: product } = await stripe.products.create({
      id: productIdOf({ product: 'reel', plan }),
      name: plan,
    });
    const recurring = { interval: 'month' } as const;
    const unit_amount = 1_000 * (n + 1);
    const { id } = await stripe.prices.create({ product, currency: 'usd', unit_amount, recurring });
    PRICES[plan] = id;
  }
});

/** A new one for each test: what Stripe does for a customer looks through all that they ever had. */
beforeEach(async () => {
  customer = (await stripe.customers.create({})).id;
  const { id: method } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
});

const to = (plan: Plan, dearer: boolean): Change => ({
  of: { product: 'reel', plan, cycle: 'monthly' },
  price: PRICES[plan],
  when: 'now',
  quantity: 1,
  metered: [],
  dearer,
  keepsTrial: false,
  promotion: undefined,
  proratedAt: undefined,
});

/** Changes of a subscription to the middle plan. */
const DEEDS: Readonly<Record<string, (client: StripeClient, id: string) => Promise<unknown>>> = {
  'a cancel': (asked, id) => cancel(asked, id, 'period_end'),
  'an end': (asked, id) => cancel(asked, id, 'now'),
  'a resume': async (asked, id) => resume(asked, id, presentPrice(await readSubscription(client, id))),
  'a downgrade': async (asked, id) =>
    changeLater(asked, id, await agreedNow(client, id, { ...to('basic', false), when: 'period_end' })),
  'an upgrade': async (asked, id) => changeNow(asked, id, await agreedNow(client, id, to('pro', true))),
};
type Deed = keyof typeof DEEDS;

/** As it may be when they begin. */
const BEGINNINGS: Readonly<Record<string, readonly Deed[]>> = {
  'one that goes on': [],
  'one with a downgrade': ['a downgrade'],
  'one that is canceled, with a downgrade': ['a downgrade', 'a cancel'],
};

async function subscribe(beginning: readonly Deed[]): Promise<string> {
  const items = [{ price: PRICES.standard }];
  const { id } = await stripe.subscriptions.create({ customer, items });
  for (const deed of beginning) await DEEDS[deed]?.(client, id);
  return id;
}

const planOf = (price: unknown) => Object.entries(PRICES).find(([, one]) => one === price)?.[0] ?? '?';

/** A customer's view of it. */
async function describeSubscription(id: string): Promise<string> {
  const { ended_at, cancel_at, items, schedule } = await stripe.subscriptions.retrieve(id);
  const [item] = items.data;
  const { phases = [] } =
    schedule === null || ended_at !== null
      ? {}
      : await stripe.subscriptionSchedules.retrieve(typeof schedule === 'string' ? schedule : schedule.id);
  const next = phases.at(-1)?.items[0]?.price;
  return [
    planOf(item?.price.id),
    ended_at === null ? (cancel_at === null ? 'goes on' : 'ends') : 'ended',
    ...(phases.length > 1 ? [`then ${planOf(next)}`] : []),
  ].join(', ');
}

/** Does something else before the nth request of a client. */
function interruptClient(nth: number, does: () => Promise<unknown>) {
  let n = 0;
  const step = async () => {
    n += 1;
    if (n === nth) await does();
  };
  const asked: StripeClient = {
    ...client,
    read: async (asking) => step().then(() => client.read(asking)),
    change: async (asking) => step().then(() => client.change(asking)),
  };
  return { client: asked, isOver: () => n < nth };
}

const outcomeOf = async (does: Promise<unknown> | undefined) => {
  try {
    await does;
    return 'done';
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
};

const ends = new Map<string, Promise<string>>();

/** Its end after one change after the other. */
function endOf(begins: string, ...deeds: readonly Deed[]): Promise<string> {
  const play = async () => {
    const id = await subscribe(BEGINNINGS[begins] ?? []);
    for (const deed of deeds) await outcomeOf(DEEDS[deed]?.(client, id));
    return describeSubscription(id);
  };
  const key = [begins, ...deeds].join();
  const known = ends.get(key) ?? play();
  ends.set(key, known);
  return known;
}

const deeds = Object.keys(DEEDS);
const pairs = deeds.flatMap((one) => deeds.map((other) => [one, other] as const));

test.each(Object.keys(BEGINNINGS).flatMap((begins) => pairs.map((pair) => [begins, ...pair] as const)))(
  'of %s: %s and %s at once are both made, or one is told of the other',
  async (begins, one, other) => {
    const orders = [[one, other], [other, one], [one], [other]];
    const serial = new Set<string>();
    for (const order of orders) serial.add(await endOf(begins, ...order));
    const wrong: string[] = [];
    for (let nth = 1; ; nth += 1) {
      const id = await subscribe(BEGINNINGS[begins] ?? []);
      let theirs = '';
      const { client: asked, isOver } = interruptClient(nth, async () => {
        theirs = await outcomeOf(DEEDS[other]?.(client, id));
      });
      const ours = await outcomeOf(DEEDS[one]?.(asked, id));
      if (isOver()) break;
      const end = await describeSubscription(id);
      if (!TOLD.has(ours) || !TOLD.has(theirs) || !serial.has(end))
        wrong.push(`${nth}: ${ours}, ${theirs}: ${end}`);
    }
    expect({ wrong, serial: [...serial] }).toEqual({ wrong: [], serial: [...serial] });
  },
);

/** Done, or a clear answer. */
const TOLD = new Set([
  'done',
  'change_replaced',
  'price_changed',
  'subscription_ending',
  'subscription_over',
]);
