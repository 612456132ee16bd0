import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { assertOutsideTransaction, dispatchPoint, type CrashHook } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { Stripe } from 'stripe';
import { refusalOf } from '../../errors.ts';
import type { Mode } from '../../payment-provider.ts';
import { loadStripe } from './package.ts';
import type { SaleTax } from './price-catalog.ts';

const CHANGE = dispatchPoint(
  'billing.change',
  'a change asked of the provider (after: the provider has answered)',
);

/** Time of one request, tries of its own included a few times. Milliseconds. */
const DEADLINE = 20_000;
/** The package tries requests again that were not answered, with the same Idempotency-Key. */
const TRIES_AGAIN = 2;
/** When a caller may come back to a payment provider that does not answer. Seconds. */
const COME_BACK = 5;

export interface StripeClientOptions {
  readonly secretKey: string;
  /** Where Stripe is: `https://api.stripe.com`, or a sandbox on loopback. */
  readonly url: string;
  readonly mode: Mode;
  readonly crashHook?: CrashHook | undefined;
}

/** A way to Stripe, and what belongs to it. */
export interface StripeConnection {
  readonly client: StripeClient;
  /** Secrets that its messages may be signed with. */
  readonly webhookSecrets: () => readonly string[];
  /** By all processes together. */
  readonly readsPerSecond: number;
  /** Whether Stripe adds taxes, and asks for tax ids. */
  readonly addsTax: boolean;
  readonly tax: SaleTax;
  /** For a sandbox that starts when it is first needed. Until then there is nothing to ask it for. */
  readonly standIn?: {
    readonly isRunning: () => boolean;
    /** Resolves when it runs and knows what is sold. */
    readonly prepare: () => Promise<void>;
  };
}

/** How Stripe is asked for a step of a call: the same step of the same call again hears what it heard before. */
export type OnceAtStripe = (step: string) => { readonly idempotencyKey?: string };

const WITHOUT_KEY: OnceAtStripe = () => ({});

/** Stripe by its official package, which no other module knows. */
export interface StripeClient {
  readonly mode: Mode;
  /** The package itself, for what makes no request: signatures of webhooks. Loaded when it, or a request, is first asked for. */
  load(): Promise<Stripe>;
  /**
   * Reads. Throws `store_unavailable` (try again), `store_refused` (`details.code` is Stripe's), or `payment_declined`. What
   * Stripe says in words is not passed on: it may quote a customer.
   */
  read<T>(asking: (stripe: Stripe) => Promise<T>): Promise<T>;
  /**
   * The same for what changes something there: a crash point. The request must be harmless when it is made twice.
   * `once`: options for Stripe to do this step once for the Idempotency-Key of the call that it belongs to, if that has one.
   */
  change<T>(asking: (stripe: Stripe, once: OnceAtStripe) => Promise<T>): Promise<T>;
  close(): void;
}

/** Opens and loads nothing yet: connections are made when something is asked. */
export function createStripeClient({ secretKey, url, mode, crashHook }: StripeClientOptions): StripeClient {
  const { protocol, hostname, port } = new URL(url);
  const isPlain = protocol === 'http:';
  const agent = isPlain ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true });
  let stripe: Stripe | undefined;
  const loaded = async () => {
    const Package = await loadStripe();
    // Made by the first of all who waited.
    stripe ??= new Package(secretKey, {
      host: hostname,
      port: port === '' ? (isPlain ? 80 : 443) : Number(port),
      protocol: isPlain ? 'http' : 'https',
      httpClient: objectsOnly(Package.createNodeHttpClient(agent)),
      timeout: DEADLINE,
      maxNetworkRetries: TRIES_AGAIN,
      // The package would report our latencies to Stripe.
      telemetry: false,
    });
    return { stripe, errors: Package.errors };
  };
  const read: StripeClient['read'] = async (asking) => {
    assertOutsideTransaction('a payment provider was asked');
    const { stripe: asked, errors } = await loaded();
    try {
      return await asking(asked);
    } catch (error) {
      throw errorOf(errors, error);
    }
  };
  return {
    mode,
    load: async () => (await loaded()).stripe,
    read,
    async change(asking) {
      crashHook?.(CHANGE, 'before');
      const answer = await read((asked) => asking(asked, WITHOUT_KEY));
      crashHook?.(CHANGE, 'after');
      return answer;
    },
    close: () => agent.destroy(),
  };
}

type HttpClient = ReturnType<(typeof Stripe)['createNodeHttpClient']>;

/** stripe-node throws outside our try for JSON that is no object, which ends the process, or it waits for ever. */
function objectsOnly(http: HttpClient): HttpClient {
  const makeRequest = http.makeRequest.bind(http);
  http.makeRequest = async (...request) => {
    const response = await makeRequest(...request);
    const toJSON = response.toJSON.bind(response);
    response.toJSON = async () => {
      const body: unknown = await toJSON();
      if (typeof body !== 'object' || body === null) throw new SyntaxError('This is no object.');
      return body;
    };
    return response;
  };
  return http;
}

/** The same client, for a call that Stripe is told a key of: undefined where the call has none. */
export function keyedClient(client: StripeClient, key: string | undefined): StripeClient {
  if (key === undefined) return client;
  const once: OnceAtStripe = (step) => ({ idempotencyKey: `plinth:${step}:${key}` });
  return { ...client, change: (asking) => client.change((stripe) => asking(stripe, once)) };
}

/** A request that Stripe does once for its key. */
export interface KeyedRequest<T> {
  readonly key: string;
  readonly ask: (stripe: Stripe, once: { readonly idempotencyKey: string }) => Promise<T>;
  /** Looks for what came of it. Without it the caller has written the failure down, and asks under another key once it has looked. */
  readonly find?: (() => Promise<T | undefined>) | undefined;
}

/**
 * Asks for something under a key of ours: the only way to do so. After silence the same key is safe, and the package asks again under it. A
 * failure of Stripe's own (5xx) it repeats under that key for a day (docs.stripe.com/api/idempotent_requests): then it is looked for, and else
 * asked for under a key of the minute, so that two who ask at once make one.
 */
export async function askOnce<T>(client: StripeClient, { key, ask, find }: KeyedRequest<T>): Promise<T> {
  const askWith = (idempotencyKey: string) => client.change((stripe) => ask(stripe, { idempotencyKey }));
  try {
    return await askWith(key);
  } catch (error) {
    if (find === undefined || !failedAtStripe(error)) throw error;
    return (await find()) ?? askWith(`${key}:${minuteOf(error)}`);
  }
}

/** The minute in which Stripe failed, by its own clock. */
function minuteOf({ cause }: AppError): number {
  const headers = cause instanceof Error && 'headers' in cause ? cause.headers : undefined;
  const date = typeof headers === 'object' && headers !== null && 'date' in headers ? headers.date : '';
  return Math.floor(Date.parse(String(date)) / 60_000);
}

/**
 * Whether nothing more comes of a call that failed so. Silence alone may yet have been heard; after Stripe's own failure (5xx) it
 * is asked under another key, once it was looked at what is so.
 */
export function isFinal(error: unknown): boolean {
  return error instanceof AppError && (error.code !== 'store_unavailable' || failedAtStripe(error));
}

/** Whether Stripe refused for this reason: `resource_missing`. */
export function refusedFor(error: unknown, code: string): boolean {
  return refusalOf(error) === code;
}

/** The parameter that Stripe refused, as it names it: `discounts[0][promotion_code]`; empty where it does not say. */
export function refusedParam(error: unknown): string {
  if (!(error instanceof AppError) || error.code !== 'store_refused') return '';
  const { cause } = error;
  return cause instanceof Error && 'param' in cause && typeof cause.param === 'string' ? cause.param : '';
}

/** Whether it was the promotion code: another customer's, for a first purchase, of another currency, or used up by now. */
export function refusedPromotion(error: unknown): boolean {
  return /promotion_code|coupon|discounts/.test(refusedParam(error)) || refusedFor(error, 'coupon_expired');
}

/**
 * Whether Stripe answered that it failed by itself (5xx), rather than not at all: whether it was done is unknown, and a caller who
 * comes back with the same Idempotency-Key hears the same for a day.
 */
export function failedAtStripe(error: unknown): error is AppError {
  if (!(error instanceof AppError) || error.code !== 'store_unavailable') return false;
  const { cause } = error;
  return cause instanceof Error && 'statusCode' in cause && Number(cause.statusCode) >= 500;
}

type Errors = (typeof Stripe)['errors'];

function errorOf(errors: Errors, error: unknown): unknown {
  if (!(error instanceof errors.StripeError)) return error;
  if (isTransient(errors, error))
    return new AppError('store_unavailable', { retryAfter: COME_BACK, cause: error });
  if (error instanceof errors.StripeCardError)
    return new AppError('payment_declined', {
      details: { code: declineCodeOf(error) },
      cause: error,
    });
  // A connected account that is gone does not mean that the key is wrong.
  const isBarred = error instanceof errors.StripePermissionError && error.code !== 'account_invalid';
  if (error instanceof errors.StripeAuthenticationError || isBarred)
    return new AppError('store_refused', { details: { code: 'key_refused' }, cause: error });
  return new AppError('store_refused', { details: { code: wordOf(error.code) }, cause: error });
}

/** Errors that may pass a moment later: no answer came, too many ask, or another request holds the same thing. */
function isTransient(errors: Errors, error: Stripe.errors.StripeError): boolean {
  const { statusCode = 500, code } = error;
  return (
    error instanceof errors.StripeConnectionError ||
    error instanceof errors.StripeRateLimitError ||
    statusCode >= 500 ||
    statusCode === 409 ||
    code === 'lock_timeout'
  );
}

/** The bank's code, or Stripe's where the bank said nothing: the package has '' for that. */
export function declineCodeOf(
  of: { readonly decline_code?: string | undefined; readonly code?: string | undefined } | null | undefined,
): string {
  const { decline_code: said, code } = of ?? {};
  return wordOf(said === undefined || said === '' ? code : said);
}

/** Stripe's own word for what was wrong, and never a sentence. */
function wordOf(code: string | undefined): string {
  return code !== undefined && /^[a-z][a-z0-9_]{0,79}$/.test(code) ? code : 'refused';
}
