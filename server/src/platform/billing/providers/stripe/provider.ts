import { AppError, type Clock } from '#platform/kernel';
import { OBJECT_KINDS, type ObjectKind, type ObjectRef } from '../../facts.ts';
import type { PaymentProvider } from '../../payment-provider.ts';
import type { StripeConnection } from './client.ts';
import { fetchObject, readerOf, type StripeReader } from './fetch.ts';
import { read } from './read.ts';
import { eventSchema, eventOf, verify } from './verify.ts';

/** For how many days Stripe lists its events. */
const EVENTS_KEPT_DAYS = 30;

export interface StripeProviderParts {
  readonly link: Pick<StripeConnection, 'client' | 'standIn' | 'webhookSecrets'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Stripe, as inbox and reconciler know it. */
export function createStripeProvider({ link, clock }: StripeProviderParts): PaymentProvider {
  const { client, standIn, webhookSecrets: secrets } = link;
  const { mode } = client;
  return {
    name: 'stripe',
    mode,
    eventsKeptDays: EVENTS_KEPT_DAYS,
    verify: async (message) => verify({ stripe: await client.load(), mode, secrets, clock }, message),
    fetch: (ref, reading) => fetchObject(readerOf(client, reading), ref),
    read,
    eventsSince: (since, reading) =>
      standIn?.isRunning() === false ? nothing() : eventsSince(readerOf(client, reading), since),
    allObjects: (reading) =>
      standIn?.isRunning() === false ? nothing() : allObjects(readerOf(client, reading)),
  };
}

async function* nothing() {}

/** As Stripe would have sent them: events, of which it sends the JSON. */
async function* eventsSince(reader: StripeReader, since: Date) {
  const created = { gte: Math.floor(since.getTime() / 1_000) };
  for await (const events of reader.pages((stripe, page, options) =>
    stripe.events.list({ ...page, created }, options),
  )) {
    yield events.map((event) => {
      const body = JSON.stringify(event);
      const { data } = eventSchema.safeParse(JSON.parse(body));
      if (data === undefined) throw new AppError('store_unreadable');
      return { ...eventOf(data), body };
    });
  }
}

type Listing = (reader: StripeReader) => AsyncIterable<readonly { readonly id: string }[]>;

const LISTS: Readonly<Record<ObjectKind, Listing>> = {
  customer: ({ pages }) => pages((stripe, page, options) => stripe.customers.list(page, options)),
  subscription: ({ pages }) =>
    pages((stripe, page, options) => stripe.subscriptions.list({ ...page, status: 'all' }, options)),
  invoice: ({ pages }) => pages((stripe, page, options) => stripe.invoices.list(page, options)),
  payment: ({ pages }) => pages((stripe, page, options) => stripe.paymentIntents.list(page, options)),
  checkout: ({ pages }) => pages((stripe, page, options) => stripe.checkout.sessions.list(page, options)),
};

async function* allObjects(reader: StripeReader): AsyncGenerator<readonly ObjectRef[], void> {
  for (const kind of OBJECT_KINDS)
    for await (const page of LISTS[kind](reader)) yield page.map(({ id }) => ({ kind, id }));
}
