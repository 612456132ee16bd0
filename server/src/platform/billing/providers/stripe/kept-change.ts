import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { StripeClient } from './client.ts';
import { releaseSchedule, type ScheduledPhase, scheduleChange, scheduledFor, sellAgain } from './schedule.ts';
import { periodEnd, planItem } from './subscription-reads.ts';

/** The metadata key under which a canceled subscription stores its arranged change, for a resumption. */
const KEY = 'plinth_next';

const shortItem = z.tuple([z.string(), z.number().nullable()]);
const shortDiscount = z.union([z.object({ discount: z.string() }), z.object({ promotion_code: z.string() })]);

const parsed = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'no JSON' });
    return z.NEVER;
  }
});

/** A change kept for one period, and for what the subscription is in it: in another one it means nothing any more. */
const keptChange = z.object({
  until: z.number(),
  from: z.string(),
  items: z.array(shortItem),
  discounts: z.array(shortDiscount),
});

/**
 * Takes a subscription from its schedule and has it keep what was arranged. Written first, so that a crash in between leaves
 * both, and asking again does the rest.
 */
export async function setAside(
  client: StripeClient,
  subscription: Stripe.Subscription,
): Promise<Stripe.Subscription> {
  const arranged = await scheduledFor(client, subscription);
  if (arranged !== undefined) await write(client, subscription.id, toText(subscription, arranged));
  return releaseSchedule(client, subscription);
}

/** Arranges again what a cancellation took away, if the subscription still is what it was then. */
export async function takeUpAgain(client: StripeClient, subscription: Stripe.Subscription): Promise<void> {
  const kept = readKept(subscription);
  if (kept !== undefined) {
    const prices = await Promise.all(
      kept.items.map(({ price = '' }) => client.read((stripe) => stripe.prices.retrieve(price))),
    );
    // It was arranged at that price, even if others pay another one by now.
    await sellAgain(client, prices);
    await scheduleChange(client, subscription, kept);
  }
  await forgetKept(client, subscription);
}

/** The change was overridden. */
export async function forgetKept(client: StripeClient, { id, metadata }: Stripe.Subscription): Promise<void> {
  if (metadata[KEY] !== undefined) await write(client, id, '');
}

async function write(client: StripeClient, id: string, text: string): Promise<void> {
  await client.change((stripe) => stripe.subscriptions.update(id, { metadata: { [KEY]: text } }));
}

/** Stripe keeps 500 characters, a dozen prices; a longer one is not kept rather than cut. */
function toText(subscription: Stripe.Subscription, { items, discounts = [] }: ScheduledPhase): string {
  const text = JSON.stringify({
    until: periodEnd(subscription),
    from: presentOf(subscription),
    items: items.map(({ price, quantity }) => [price ?? '', quantity ?? null]),
    discounts,
  });
  return text.length > 500 ? '' : text;
}

function readKept(subscription: Stripe.Subscription): ScheduledPhase | undefined {
  const read = parsed.pipe(keptChange).safeParse(subscription.metadata[KEY]);
  if (!read.success) return undefined;
  const { until, from, items, discounts } = read.data;
  if (until !== periodEnd(subscription) || from !== presentOf(subscription)) return undefined;
  return {
    items: items.map(([price, quantity]) => ({ price, ...(quantity === null ? {} : { quantity }) })),
    discounts,
  };
}

function presentOf(subscription: Stripe.Subscription): string {
  const { price, quantity = 1 } = planItem(subscription) ?? {};
  return `${price?.id ?? ''}:${quantity}`;
}
