import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { Stripe } from 'stripe';
import { afterAll } from 'vitest';
import { createStripeSandbox, type StripeSandbox, type StripeSandboxOptions } from '../index.ts';
import { packageAt } from './package.ts';

/** For tests: a sandbox on a driven clock, and the official package that talks to it. */
export interface Fixture {
  readonly sandbox: StripeSandbox;
  readonly stripe: Stripe;
}

/** Closed when the file's tests are over. */
export async function createFixture(options: StripeSandboxOptions = {}): Promise<Fixture> {
  const sandbox = await createStripeSandbox({ driven: true, ...options });
  afterAll(() => sandbox.close());
  return { sandbox, stripe: packageFor(sandbox) };
}

/** The official package; it tries nothing again by itself unless that is what is tested. */
export function packageFor(
  sandbox: Pick<StripeSandbox, 'secretKey' | 'url'>,
  more: Stripe.StripeConfig = {},
): Stripe {
  return packageAt(sandbox, { maxNetworkRetries: 0, ...more });
}

/** What the package throws for a call; fails for one that goes through. */
export async function failureOf(call: PromiseLike<unknown>): Promise<Stripe.errors.StripeError> {
  const error = await Promise.resolve(call).then(
    () => new Error('the call went through'),
    (reason: unknown) => reason,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw error;
}

export async function sellMonthly(stripe: Stripe, amount = 1_000): Promise<Stripe.Price> {
  const { id } = await stripe.products.create({ name: 'Reel Pro' });
  return stripe.prices.create({
    product: id,
    currency: 'usd',
    unit_amount: amount,
    recurring: { interval: 'month' },
  });
}

export async function sellOnce(stripe: Stripe, amount = 500): Promise<Stripe.Price> {
  const { id } = await stripe.products.create({ name: 'Boost' });
  return stripe.prices.create({ product: id, currency: 'usd', unit_amount: amount });
}

/** A new customer who has a card. */
export async function payer(stripe: Stripe, card = 'pm_card_visa'): Promise<string> {
  const { id } = await stripe.customers.create({ email: 'ada@example.com' });
  const { id: method } = await stripe.paymentMethods.attach(card, { customer: id });
  await stripe.customers.update(id, { invoice_settings: { default_payment_method: method } });
  return id;
}

/** What a receiver was sent, as it came. */
export interface ReceivedMessage {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly ReceivedMessage[];
  /** What the next messages are answered; 200 when there is nothing here. */
  readonly answers: number[];
  /** Types of what came since the last time. */
  heard(): string[];
}

/** A server that takes messages. Closed when the file's tests are over. */
export async function createReceiver(): Promise<Receiver> {
  const [received, answers] = [new Array<ReceivedMessage>(), new Array<number>()];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body });
      response.writeHead(answers.shift() ?? 200).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => void server.close());
  const address = server.address();
  let heard = 0;
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/hook`,
    received,
    answers,
    heard() {
      const types = received.slice(heard).map(({ body }) => typeOf(body));
      heard = received.length;
      return types;
    },
  };
}

export function typeOf(body: string): string {
  const event: unknown = JSON.parse(body);
  return typeof event === 'object' && event !== null && 'type' in event ? String(event.type) : '';
}
