import { useTexts } from '../../text/index.ts';
import { type Held, useSoldNames } from './data.ts';
import { texts } from './texts.ts';

/** What is said of a plan in a few words, and whether the customer should do something about it. */
interface Standing {
  readonly text: string;
  readonly isBad: boolean;
}

const good = (text: string): Standing => ({ text, isBad: false });
const bad = (text: string): Standing => ({ text, isBad: true });

/** How a product stands with an account: what it renews, ends or becomes, and when. */
export function useStanding() {
  const { say, format } = useTexts(texts);
  const nameOf = useSoldNames();
  return ({ entitlement, subscription }: Held): Standing => {
    const { plan, source, until } = entitlement;
    if (subscription === undefined) {
      if (plan === null) return good(say('state.none'));
      if (source === 'default') return good(say('state.free'));
      return good(until === null ? say('state.given') : say('state.givenUntil', { day: format.day(until) }));
    }
    const { state, next, pending, suspended_by: by, invoiced } = subscription;
    const { grace_ends_at: grace, cancels_at: end, trial_ends_at: trial, suspends_at: off } = subscription;
    if (state === 'pending') return good(say('state.debit'));
    if (by !== null && off !== null && Date.parse(off) <= Date.now()) return bad(say(`state.off.${by}`));
    if (grace !== null)
      return bad(say(invoiced === null ? 'state.grace' : 'state.overdue', { day: format.day(grace) }));
    if (state === 'past_due') return bad(say('state.pastDue'));
    if (state === 'paused') return bad(say('state.off.pause'));
    if (end !== null) return bad(say('state.ends', { day: format.day(end) }));
    if (pending !== null) return bad(say('state.waits', { plan: nameOf(pending.plan) }));
    if (next !== null)
      return good(say('state.becomes', { plan: nameOf(next.plan), day: format.day(next.at) }));
    if (state === 'trialing' && trial !== null) return good(say('state.trial', { day: format.day(trial) }));
    const day = format.day(subscription.period_ends_at);
    if (invoiced === null) return good(say('state.renews', { day }));
    return good(say('state.invoiced', { day, days: String(invoiced.days_until_due) }));
  };
}
