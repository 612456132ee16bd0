import type { Catalogue } from '#platform/entitlements';
import { refusalOf } from '../../errors.ts';
import type { StripeClient } from './client.ts';
import { endpointUrl, findEndpoint, problemWith } from './endpoint.ts';
import { unsyncedPrices } from './prices.ts';
import { priceCatalogOf, type SaleTax } from './price-catalog.ts';

export const SETUP_LINES = [
  'Stripe key',
  'Stripe clock',
  'Stripe prices',
  'Stripe webhook',
  'Stripe Connect',
  'Stripe retries',
] as const;

/** A line that says one thing is right, or what is `wrong` with it. */
export interface SetupFinding {
  readonly of: (typeof SETUP_LINES)[number];
  readonly says: string;
  readonly isWrong: boolean;
}

export interface StripeSetup {
  readonly client: StripeClient;
  readonly catalogues: readonly Catalogue[];
  readonly tax: SaleTax;
  readonly baseUrl: string;
  readonly webhookSecrets: readonly string[];
  readonly connectWebhookSecrets: readonly string[];
  /** Currencies in which payees are owed shares. */
  readonly owedCurrencies: readonly string[];
  /** How many days after its first failure was told a plan that is not paid is kept at most. */
  readonly longestGraceDays: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How far clocks may be apart: messages older than five minutes are refused as stale. Seconds. */
const CLOCK_APART = 60;
/** A message that Stripe could not deliver by then is one that is refused here. Seconds. */
const UNDELIVERED = 300;

/** Looks at what a server needs of Stripe. Throws `store_refused` or `store_unavailable` when the key itself is no good. */
export async function checkStripeSetup(setup: StripeSetup): Promise<SetupFinding[]> {
  const clock = await clockOf(setup);
  const { mode } = setup.client;
  const says = mode === 'live' ? 'accepted: payments are real' : 'accepted: test mode, nobody pays';
  return [
    { of: 'Stripe key', says, isWrong: false },
    clock,
    await pricesOf(setup),
    await webhookOf(setup),
    await connectOf(setup),
    await retriesOf(setup),
  ];
}

/** By the Date header of an answer; the read itself shows whether the key is good. */
async function clockOf({ client, now }: StripeSetup): Promise<SetupFinding> {
  const { lastResponse } = await client.read((stripe) => stripe.products.list({ limit: 1 }));
  const theirs = Date.parse(String(lastResponse.headers['date']));
  const apart = Math.round(Math.abs(now() - theirs) / 1_000);
  return Number.isNaN(apart) || apart <= CLOCK_APART
    ? right('Stripe clock', `${Number.isNaN(apart) ? 'not told' : `${apart} s`} apart`)
    : wrong('Stripe clock', `This machine’s clock is ${apart} s off. Past 300 s all messages are refused.`);
}

async function pricesOf({ client, catalogues, tax }: StripeSetup): Promise<SetupFinding> {
  const catalog = priceCatalogOf(catalogues);
  const missing = await unsyncedPrices({ client, tax }, catalog);
  const [first] = missing;
  return first === undefined
    ? right('Stripe prices', `all ${catalog.length} as they are sold here`)
    : wrong(
        'Stripe prices',
        `${missing.length} of ${catalog.length} are missing or differ (${first.lookupKey}). Run plinth stripe sync.`,
      );
}

async function webhookOf({ client, baseUrl, webhookSecrets, now }: StripeSetup): Promise<SetupFinding> {
  const endpoint = await findEndpoint(client, baseUrl);
  if (endpoint === undefined)
    return wrong(
      'Stripe webhook',
      `Nothing is sent to ${endpointUrl(baseUrl)}. Run plinth stripe sync, and set STRIPE_WEBHOOK_SECRET.`,
    );
  const trouble = problemWith(endpoint);
  if (trouble !== undefined)
    return wrong('Stripe webhook', `The endpoint is there, but ${trouble}. Run plinth stripe sync.`);
  if (webhookSecrets.length === 0)
    return wrong('Stripe webhook', 'STRIPE_WEBHOOK_SECRET is not set: all messages are refused.');
  const { enabled_events: told } = endpoint;
  const { data: events } = await client.read((stripe) =>
    stripe.events.list({
      // It takes 20 names, and no `*` among them.
      ...(told.includes('*') ? {} : { types: told.slice(0, 20) }),
      created: { lte: Math.floor(now() / 1_000) - UNDELIVERED },
      limit: 20,
    }),
  );
  const waiting = events.filter(({ pending_webhooks: pending }) => pending > 0).length;
  return waiting === 0
    ? right(
        'Stripe webhook',
        `sends to ${endpoint.url} in API version ${endpoint.api_version ?? 'of the account'}, nothing waits`,
      )
    : wrong(
        'Stripe webhook',
        `${waiting} of the newest ${events.length} messages are not taken. Is STRIPE_WEBHOOK_SECRET that of ${endpoint.url}?`,
      );
}

/** Payees are accounts connected to ours. Where Connect is not set up, Stripe refuses to list them. */
async function connectOf({
  client,
  baseUrl,
  connectWebhookSecrets,
  owedCurrencies,
}: StripeSetup): Promise<SetupFinding> {
  const of = 'Stripe Connect';
  const payees = await client
    .read((stripe) => stripe.accounts.list({ limit: 1 }))
    .then(
      ({ data }) => data.length,
      (error: unknown) => {
        if (refusalOf(error) === undefined) throw error;
        return 0;
      },
    );
  if (payees === 0) return right(of, 'no account is connected: nobody is paid out');
  if (connectWebhookSecrets.length === 0)
    return wrong(of, 'STRIPE_CONNECT_WEBHOOK_SECRET is not set: messages of connected accounts are refused.');
  const endpoint = await findEndpoint(client, baseUrl, 'connected');
  if (endpoint === undefined)
    return wrong(of, 'Connected accounts are told of nowhere. Run plinth stripe sync.');
  const trouble = problemWith(endpoint);
  if (trouble !== undefined)
    return wrong(of, `The endpoint is there, but ${trouble}. Run plinth stripe sync.`);
  // A transfer is made of the balance in its own currency alone.
  const { available, pending } = await client.read((stripe) => stripe.balance.retrieve());
  const settled = new Set([...available, ...pending].map(({ currency }) => currency));
  const missing = owedCurrencies.filter((currency) => !settled.has(currency));
  return missing.length === 0
    ? right(of, `connected accounts are told of to ${endpoint.url}`)
    : wrong(
        of,
        `Payees are owed ${missing.join(' and ')}, and the balance is in ${[...settled].join(' and ')}: no transfer is made. Have Stripe settle ${missing.join(' and ')}, by a bank account in it.`,
      );
}

/** Seconds. */
const DAY = 86_400;

/** Stripe's API does not tell this setting: what it did with the newest failures shows it. */
async function retriesOf({ client, longestGraceDays: most }: StripeSetup): Promise<SetupFinding> {
  const { data } = await client.read((stripe) =>
    stripe.events.list({ type: 'invoice.payment_failed', limit: 20 }),
  );
  const days = data.flatMap((event) => {
    if (event.type !== 'invoice.payment_failed') return [];
    const { next_payment_attempt: next, status_transitions: was } = event.data.object;
    return was.finalized_at === null ? [] : [((next ?? event.created) - was.finalized_at) / DAY];
  });
  const last = Math.round(Math.max(0, ...days));
  const seen =
    days.length === 0
      ? 'Stripe does not tell its setting, and no payment has failed lately'
      : `the newest ${days.length} failures are tried until day ${last}`;
  const late = last > most ? ` What is tried after day ${most} finds the plan suspended.` : '';
  return right(
    'Stripe retries',
    `${seen}. A plan is kept 7 days after the first failure, 3 more from each later one, ${most} at most.${late} Set Billing > Revenue recovery > Retries to ${most} days or fewer.`,
  );
}

const right = (of: SetupFinding['of'], says: string): SetupFinding => ({ of, says, isWrong: false });
const wrong = (of: SetupFinding['of'], says: string): SetupFinding => ({ of, says, isWrong: true });
