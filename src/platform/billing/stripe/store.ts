import type { Clock } from '#platform/kernel';
import { OBJECT_KINDS, type ObjectKind, type ObjectRef } from '../facts.ts';
import type { Store } from '../store.ts';
import type { StripeLink } from './client.ts';
import { fetchObject, readerOf, type StripeReader } from './fetching.ts';
import { read } from './reading.ts';
import { eventSchema, hintOf, verify } from './webhook.ts';

/** For how many days Stripe lists its events. */
const REMEMBERS = 30;

export interface StripeStoreParts {
  readonly link: Pick<StripeLink, 'client' | 'standIn' | 'webhookSecrets'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Stripe, as inbox and reconciler know it. */
export function createStripeStore({ link, clock }: StripeStoreParts): Store {
  const { client, standIn, webhookSecrets: secrets } = link;
  const { mode, stripe } = client;
  return {
    name: 'stripe',
    mode,
    remembers: REMEMBERS,
    verify: (message) => verify({ stripe, mode, secrets, clock }, message),
    fetch: (ref, reading) => fetchObject(readerOf(client, reading), ref),
    read,
    messagesSince: (since, reading) =>
      standIn?.isRunning() === false ? nothing() : messagesSince(readerOf(client, reading), since),
    everything: (reading) =>
      standIn?.isRunning() === false ? nothing() : everything(readerOf(client, reading)),
  };
}

async function* nothing() {}

/** As Stripe would have sent them: events, of which it sends the JSON. */
async function* messagesSince(reader: StripeReader, since: Date) {
  const created = { gte: Math.floor(since.getTime() / 1_000) };
  for await (const events of reader.pages((stripe, page, options) =>
    stripe.events.list({ ...page, created }, options),
  )) {
    yield events.map((event) => {
      const body = JSON.stringify(event);
      return { ...hintOf(eventSchema.parse(JSON.parse(body))), body };
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

async function* everything(reader: StripeReader): AsyncGenerator<readonly ObjectRef[], void> {
  for (const kind of OBJECT_KINDS)
    for await (const page of LISTS[kind](reader)) yield page.map(({ id }) => ({ kind, id }));
}
