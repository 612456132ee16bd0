import type { Catalogue } from '#platform/entitlements';
import type { StripeClient } from './client.ts';
import { endpointUrl, findEndpoint, problemWith } from './endpoint.ts';
import { unsyncedPrices } from './prices.ts';
import { priceCatalogOf } from './price-catalog.ts';

/** What is right with one thing, or `wrong` with it, in one line. */
export interface SetupFinding {
  readonly of: 'Stripe key' | 'Stripe prices' | 'Stripe webhook' | 'Stripe clock';
  readonly says: string;
  readonly isWrong: boolean;
}

export interface StripeSetup {
  readonly client: StripeClient;
  readonly catalogues: readonly Catalogue[];
  readonly baseUrl: string;
  readonly webhookSecrets: readonly string[];
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
  return [{ of: 'Stripe key', says, isWrong: false }, clock, await pricesOf(setup), await webhookOf(setup)];
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

async function pricesOf({ client, catalogues }: StripeSetup): Promise<SetupFinding> {
  const catalog = priceCatalogOf(catalogues);
  const missing = await unsyncedPrices(client, catalog);
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
  const { data: events } = await client.read((stripe) =>
    stripe.events.list({
      types: endpoint.enabled_events.slice(0, 20),
      created: { lte: Math.floor(now() / 1_000) - UNDELIVERED },
      limit: 20,
    }),
  );
  const waiting = events.filter(({ pending_webhooks: pending }) => pending > 0).length;
  return waiting === 0
    ? right('Stripe webhook', `sends to ${endpoint.url}, nothing waits`)
    : wrong(
        'Stripe webhook',
        `${waiting} of the newest ${events.length} messages are not taken. Is STRIPE_WEBHOOK_SECRET that of ${endpoint.url}?`,
      );
}

const right = (of: SetupFinding['of'], says: string): SetupFinding => ({ of, says, isWrong: false });
const wrong = (of: SetupFinding['of'], says: string): SetupFinding => ({ of, says, isWrong: true });
