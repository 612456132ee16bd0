import { createStripeSandbox, type StripeSandbox, type WorldEvent } from '#sandbox/stripe';
import type { Stripe } from 'stripe';
import { atEndOfFile } from '@plinth/testkit/closing';
import { STRIPE_EVENTS } from '../../server/src/platform/billing/providers/stripe/endpoint.ts';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';

/** The beginning of all histories: the middle of a month, whose next ones have 31, 28 and 31 days from there. */
export const BEGINNING = Date.parse('2031-01-15T12:00:00Z');

/** Half of all that a history comes to is of no type that an endpoint of ours hears of. */
const SUBSCRIBED: ReadonlySet<string> = new Set(STRIPE_EVENTS);

/** Stripe, as an outside server, on a clock of its own that stands still unless it is moved. */
export interface DrivenStripe {
  readonly sandbox: StripeSandbox;
  /** The official package, for actions at Stripe. */
  readonly stripe: Stripe;
  now(): Date;
  /** What Stripe has to tell an endpoint as we set it up, since the last time that a test asked here, oldest first. */
  newEvents(): readonly WorldEvent[];
}

/** Opens Stripe at the beginning. */
export async function openDrivenStripe(): Promise<DrivenStripe> {
  const sandbox = await createStripeSandbox({ driven: new Date(BEGINNING) });
  atEndOfFile(() => sandbox.close());
  const stripe = packageAt(sandbox);
  let told = 0;
  return {
    sandbox,
    stripe,
    now: () => sandbox.now(),
    newEvents() {
      const news = sandbox.events().slice(told);
      told += news.length;
      return news.filter(({ type }) => SUBSCRIBED.has(type));
    },
  };
}
