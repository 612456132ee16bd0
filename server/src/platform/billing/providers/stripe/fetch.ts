import type { Stripe } from 'stripe';
import { z } from 'zod';
import { AppError } from '#platform/kernel';
import type { ObjectKind, ObjectRef } from '../../facts.ts';
import type { Body, ReadContext } from '../../payment-provider.ts';
import { refusedFor, type StripeClient } from './client.ts';
import { invoiceToRetry } from './retry-invoice.ts';

/** Deadline of one read: well within the lease of a fetch. Retries are few, because they are not counted. */
const REQUEST_LIMITS = { timeout: 10_000, maxNetworkRetries: 1 };
/** The most entries of a list that Stripe gives at once. */
const PAGE = 100;
/** Seconds of peace, where Stripe asks for fewer requests and does not say for how long. */
const DEFAULT_RETRY_AFTER = 1;

/** Reads of Stripe, each in its turn. */
export interface StripeReader {
  get<T>(asking: (stripe: Stripe, options: Stripe.RequestOptions) => Promise<T>): Promise<T>;
  /** A list, page by page: the newest objects first. */
  pages<T extends { readonly id: string }>(asking: AskPage<T>): AsyncGenerator<readonly T[], void>;
}

type Page = { limit: number; starting_after?: string };
type List<T> = { readonly data: readonly T[]; readonly has_more: boolean };
type AskPage<T> = (stripe: Stripe, page: Page, options: Stripe.RequestOptions) => Promise<List<T>>;

/** A list, page by page. Throws `store_unreadable` for a page that is none. */
export async function* pagesOf<T extends { readonly id: string }>(
  asking: (page: Page) => Promise<List<T>>,
): AsyncGenerator<readonly T[], void> {
  let after: string | undefined;
  do {
    const page = { limit: PAGE, ...(after === undefined ? {} : { starting_after: after }) };
    const { data, has_more } = await asking(page).then(asPage);
    yield data;
    after = has_more ? data.at(-1)?.id : undefined;
  } while (after !== undefined);
}

export function readerOf(
  client: Pick<StripeClient, 'read'>,
  { takeToken, holdBack }: ReadContext,
): StripeReader {
  const get: StripeReader['get'] = async (asking) => {
    await takeToken();
    try {
      return readable(await client.read((stripe) => asking(stripe, REQUEST_LIMITS)));
    } catch (error) {
      const peace = retryAfterOf(error);
      if (peace !== undefined) await holdBack(peace);
      throw error;
    }
  };
  return {
    get,
    pages: (asking) => pagesOf((page) => get((stripe, options) => asking(stripe, page, options))),
  };
}

/** All that Stripe answers says which kind of object it is. Throws `store_unreadable`: what was asked may have been done for all that. */
export function readable<T>(answer: T): T {
  if (!kindSchema.safeParse(answer).success) throw new AppError('store_unreadable');
  return answer;
}

const kindSchema = z.object({ object: z.string() });

/** The id of what Stripe has made. Throws `store_unreadable` as `readable` does. */
export function idOf(answer: { readonly id?: string | undefined }): string {
  const { id } = readable(answer);
  if (typeof id !== 'string' || id === '') throw new AppError('store_unreadable');
  return id;
}

/** A list that ends early by a garbled answer would lose what comes after. */
function asPage<T extends { readonly id: string }>(page: List<T>): List<T> {
  if (!pageSchema.safeParse(page).success) throw new AppError('store_unreadable');
  return page;
}

const pageSchema = z
  .object({ data: z.array(z.object({ id: z.string() })), has_more: z.boolean() })
  .refine(({ data, has_more }) => data.length > 0 || !has_more);

/** Seconds for which Stripe wants to be left in peace; undefined: it did not say so. */
function retryAfterOf(error: unknown): number | undefined {
  if (!(error instanceof AppError) || !isRateLimit(error.cause)) return undefined;
  const seconds = Number(error.cause.headers?.['retry-after']);
  return seconds > 0 ? seconds : DEFAULT_RETRY_AFTER;
}

function isRateLimit(cause: unknown): cause is Stripe.errors.StripeRateLimitError {
  return cause instanceof Error && 'type' in cause && cause.type === 'StripeRateLimitError';
}

/** Reads an object as `read` wants it; null: Stripe has no such object (any more). */
export async function fetchObject(reader: StripeReader, { kind, id }: ObjectRef): Promise<Body | null> {
  try {
    return asJson(await FETCHES[kind](reader, id));
  } catch (error) {
    if (refusedFor(error, 'resource_missing')) return null;
    throw error;
  }
}

/** As it came over the wire: the package makes objects of decimal numbers. */
const asJson = (object: unknown): Body => JSON.parse(JSON.stringify(object));

const FETCHES: Readonly<Record<ObjectKind, (reader: StripeReader, id: string) => Promise<unknown>>> = {
  customer: ({ get }, id) => get((stripe, options) => stripe.customers.retrieve(id, {}, options)),
  subscription: fetchSubscription,
  invoice: fetchInvoice,
  payment: fetchPayment,
  checkout: ({ get }, id) => get((stripe, options) => stripe.checkout.sessions.retrieve(id, {}, options)),
};

/**
 * With what it is paid by: of that no more than its kind, what tells it from others, and when a card expires; and with the invoice that a card which
 * was changed is to be tried with. A subscription without a payment method of its own is paid by its customer's.
 */
async function fetchSubscription({ get }: StripeReader, id: string): Promise<unknown> {
  const subscription = await get((stripe, options) =>
    stripe.subscriptions.retrieve(
      id,
      { expand: ['schedule.phases.items.price', 'default_payment_method', 'customer'] },
      options,
    ),
  );
  const { default_payment_method: method, customer, collection_method: collected } = subscription;
  const payer = typeof customer === 'string' || customer.deleted === true ? undefined : customer;
  const paidBy = method ?? (await ownMethodOf({ get }, payer));
  const isUnpaid = paidBy === null && payer?.default_source === null;
  // No card is charged for an invoice that is sent.
  const isCharged = collected === 'charge_automatically' && paidBy !== null && typeof paidBy !== 'string';
  const card = isCharged ? paidBy.card : undefined;
  const retry = await invoiceToRetry({ read: get }, subscription);
  const told = {
    ...subscription,
    customer: typeof customer === 'string' ? customer : customer.id,
    ...(card == null ? {} : { plinth_card: { exp_month: card.exp_month, exp_year: card.exp_year } }),
    ...(isUnpaid ? { plinth_unpaid: true } : {}),
    ...(retry === undefined ? {} : { plinth_retry: retry }),
  };
  if (method === null || typeof method === 'string') return told;
  const { id: name, type } = method;
  return {
    ...told,
    default_payment_method: { id: name, type, fingerprint: fingerprintOf(method) },
  };
}

/** By what a customer pays. It is asked for by itself: nothing is expanded of a customer who was deleted. */
async function ownMethodOf({ get }: Pick<StripeReader, 'get'>, payer: Stripe.Customer | undefined) {
  const named = payer?.invoice_settings.default_payment_method ?? null;
  return typeof named === 'string'
    ? get((stripe, options) => stripe.paymentMethods.retrieve(named, {}, options))
    : named;
}

/** Stripe gives one to cards and to bank accounts: the same for the same one, for every customer it belongs to. */
function fingerprintOf(method: Stripe.PaymentMethod): string | null {
  const { card, us_bank_account: us, sepa_debit: sepa, bacs_debit: bacs, au_becs_debit: becs } = method;
  return [card, us, sepa, bacs, becs].map((one) => one?.fingerprint).find((one) => one != null) ?? null;
}

/** With all of its lines: Stripe cuts them short, and expands no deeper than four levels. */
async function fetchInvoice(reader: StripeReader, id: string): Promise<unknown> {
  const invoice = await reader.get((stripe, options) =>
    stripe.invoices.retrieve(id, { expand: ['payments.data.payment.payment_intent'] }, options),
  );
  const lines = await allOf(
    reader.pages((stripe, page, options) =>
      stripe.invoices.listLineItems(id, { ...page, expand: ['data.pricing.price_details.price'] }, options),
    ),
  );
  return { ...invoice, lines: { ...invoice.lines, data: lines, has_more: false } };
}

/** With all that happened to it. No two of these reads are of one instant; what changes between them is reported again. */
async function fetchPayment(reader: StripeReader, id: string): Promise<unknown> {
  const intent = await reader.get((stripe, options) => stripe.paymentIntents.retrieve(id, {}, options));
  const charges = await allOf(
    reader.pages((stripe, page, options) =>
      stripe.charges.list({ ...page, payment_intent: id, expand: ['data.balance_transaction'] }, options),
    ),
  );
  const refunds = await allOf(
    reader.pages((stripe, page, options) =>
      stripe.refunds.list({ ...page, payment_intent: id, expand: ['data.balance_transaction'] }, options),
    ),
  );
  const disputes = charges.some(({ disputed }) => disputed)
    ? await allOf(
        reader.pages((stripe, page, options) =>
          stripe.disputes.list({ ...page, payment_intent: id }, options),
        ),
      )
    : [];
  const invoices = await allOf(
    reader.pages((stripe, page, options) =>
      stripe.invoicePayments.list(
        { ...page, payment: { type: 'payment_intent', payment_intent: id } },
        options,
      ),
    ),
  );
  return { payment_intent: intent, charges, refunds, disputes, invoice_payments: invoices };
}

async function allOf<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
