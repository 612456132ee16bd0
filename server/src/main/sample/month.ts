import { createCaller, RefusedCall, type SignedCaller } from '../server-caller.ts';
import { ARRIVALS, type Arrival, DAYS, TOPICS } from './people.ts';
import { ownDay } from './owner.ts';

/** Milliseconds of a day, and of the hours at which customers call. */
const DAY = 86_400_000;
const HOURS = [9, 15];
/** The day on which the operator adds an endpoint: its messages are kept until now. */
const ENDPOINT_DAY = 20;
/** More than a small plan runs at once. */
const AT_ONCE = 5;
/** Prompts of some size, so that calls cost as they do. */
const NOTES = 'Notes of a call with a customer. '.repeat(1_000);

/** A server whose clocks can be moved, and the payment provider of its shop. */
export interface SampleShop {
  readonly url: string;
  readonly ownerKey: string;
  /** The same of the owner's personal account. */
  readonly personalKey: string;
  /** An endpoint for messages that has gone. */
  readonly goneUrl: string;
  /** Moves all clocks on to an instant, in milliseconds since 1970, and has done what is due by then. */
  travel(to: number): Promise<void>;
  /** Pays on a checkout page, with a card of the provider's list for tests. */
  pay(checkout: string, card: string | undefined): Promise<void>;
  /** Gives back a part of the newest charge, in minor units. */
  refund(amount: number): Promise<void>;
  /** Products that run here. */
  readonly products: ReadonlySet<string>;
}

interface Customer extends Arrival {
  readonly api: SignedCaller;
}

interface Month {
  readonly shop: SampleShop;
  /** The operator. */
  readonly owner: SignedCaller;
  /** All that have arrived. */
  readonly customers: Customer[];
}

/** Plays the days up to `end` by calls that any client makes; `say` is told of each day, 1 to DAYS. */
export async function playMonth(shop: SampleShop, end: number, say: (day: number) => void): Promise<void> {
  const owner = createCaller(shop.url, shop.ownerKey);
  const customers: Customer[] = [];
  const first = Math.floor(end / DAY) * DAY - (DAYS - 1) * DAY;
  await shop.travel(first);
  for (let day = 1; day <= DAYS; day += 1) {
    const midnight = first + (day - 1) * DAY;
    for (const hour of HOURS) {
      const instant = midnight + hour * 3_600_000;
      if (instant > end) break;
      await shop.travel(instant);
      if (hour === HOURS[0]) await beginDay({ shop, owner, customers }, day);
      for (const [index, customer] of customers.entries())
        for (let call = 0; call < callsOf(customer, { day, hour, index }); call += 1)
          await callOnce(customer, day * 7 + hour + index + call);
    }
    say(day);
  }
}

async function beginDay({ shop, owner, customers }: Month, day: number): Promise<void> {
  for (const arrival of ARRIVALS.filter((one) => one.day === day && shop.products.has(one.product)))
    customers.push({ ...arrival, api: await register(shop, arrival) });
  await ownDay({ ...shop, owner, person: createCaller(shop.url, shop.personalKey) }, day);
  if (day === ENDPOINT_DAY)
    await owner.call('POST /v1/admin/webhooks', {
      url: shop.goneUrl,
      types: ['subscription.created'],
      description: 'An endpoint that is gone: its deliveries end as dead letters',
    });
  for (const customer of customers) {
    if (customer.buysOn === day) await buy(shop, owner, customer);
    if (customer.refundedOn === day) await shop.refund(customer.refund ?? 0);
  }
}

async function register({ url }: SampleShop, { name, company, email }: Arrival): Promise<SignedCaller> {
  const visitor = createCaller(url);
  const password = 'Sample-Shop-Customer-1843';
  const body = { email, password, full_name: name, company_name: company };
  await visitor.call('POST /v1/auth/register', body);
  const { access_token: token } = await visitor.call('POST /v1/auth/login', { email, password });
  visitor.token = String(token);
  const { key } = await visitor.call('POST /v1/api-keys', { name: 'Production', scopes: ['*'] });
  return createCaller(url, String(key));
}

async function buy(shop: SampleShop, owner: SignedCaller, customer: Customer): Promise<void> {
  const { product, plan, email, card } = customer;
  if (plan === undefined) return;
  if (card === 'granted') {
    await owner.call('POST /v1/admin/grants', { email, product, plan: `${product}.${plan}` });
    return;
  }
  const { checkout_url: page } = await customer.api.call('POST /v1/billing/checkout', {
    product,
    plan,
    success_url: `${shop.url}/app/plan`,
    cancel_url: `${shop.url}/app/plan`,
  });
  await shop.pay(String(page), card);
}

/** More on working days and as a customer grows; the same each time. */
function callsOf(
  { calls, day: since }: Customer,
  { day, hour, index }: { readonly day: number; readonly hour: number; readonly index: number },
): number {
  const isQuiet = day % 7 >= 5;
  const growth = 1 + (day - since) / DAYS;
  const wave = ((day * 31 + hour * 17 + index * 13) % 10) / 10;
  return Math.floor((calls * growth * (isQuiet ? 0.4 : 1) + wave) / HOURS.length + wave * 0.5);
}

/** Calls of a customer's program. Limits deny some, as they do. */
async function callOnce({ api, product, greedy }: Customer, seed: number): Promise<void> {
  const topic = TOPICS[seed % TOPICS.length] ?? '';
  const calls = greedy === true && seed % 4 === 0 ? AT_ONCE : 1;
  await Promise.all(
    Array.from({ length: calls }, () =>
      product === 'reel' ? writePost(api, topic) : chat(api, topic, seed),
    ),
  );
}

async function writePost(api: SignedCaller, topic: string): Promise<void> {
  const begun = await orDenied(api.call('POST /v1/create', { platform: 'linkedin', topic, variants: 1 }));
  if (begun !== undefined) await api.call(`GET ${String(begun['status_url'])}?wait=20`);
}

const chat = (api: SignedCaller, topic: string, seed: number) =>
  orDenied(
    api.call('POST /v1/ai/chat/completions', {
      model: seed % 3 === 0 ? 'sandbox-small' : 'sandbox-large',
      messages: [{ role: 'user', content: `${topic}\n\n${NOTES}` }],
      max_completion_tokens: 400,
    }),
  );

async function orDenied<Reply>(call: Promise<Reply>): Promise<Reply | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof RefusedCall) return undefined;
    throw error;
  });
}
