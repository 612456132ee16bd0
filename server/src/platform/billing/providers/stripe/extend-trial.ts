import { AppError, invalidInput } from '#platform/kernel';
import type { StripeClient } from './client.ts';
import { retryOvertaken } from './retry-overtaken.ts';
import { releaseFinished } from './schedule.ts';
import { dateOf, endsAt, readSubscription } from './subscription-reads.ts';

/** Days that one call adds to a trial at most: Stripe takes two years from its beginning. */
const MOST_DAYS = 366;
const DAY = 86_400;

/**
 * Has a trial end later, for nothing. Asked again for the same end it changes nothing. Throws `trial_over`, `subscription_ending`, `conflict`,
 * and `validation_failed` for an end that is earlier, or more than a year later.
 */
export const extendTrial = (client: StripeClient, id: string, until: Date): Promise<Date> =>
  retryOvertaken(client, async (asked) => {
    const subscription = await releaseFinished(asked, await readSubscription(asked, id));
    const { status, trial_end: end } = subscription;
    if (status !== 'trialing' || end === null) throw new AppError('trial_over');
    const wanted = Math.floor(until.getTime() / 1_000);
    if (wanted === end) return dateOf(end);
    if (wanted < end || wanted > end + MOST_DAYS * DAY)
      throw invalidInput(
        'body.until',
        `The trial ends at ${dateOf(end).toISOString()}: name a later instant, within a year of it.`,
      );
    if (endsAt(subscription) !== undefined) throw new AppError('subscription_ending');
    if (subscription.schedule !== null)
      throw new AppError('conflict', {
        message: 'A change is arranged for the end of this trial: take it back first.',
      });
    const after = await asked.change((stripe, once) =>
      stripe.subscriptions.update(id, { trial_end: wanted, proration_behavior: 'none' }, once('trial')),
    );
    return dateOf(after.trial_end ?? wanted);
  });
