import type { AccountId } from '#platform/kernel';
import { BEGINNING } from './driven-stripe.ts';
import type { StripeCustomer } from './stripe-customer.ts';

/** What a customer does, and what the account has of it: nothing is said of how we hear of it. */
export interface Scenario {
  readonly name: string;
  /** Our note on whose the customer is, there from the start when not said. */
  readonly noted?: false;
  readonly steps: readonly Step[];
  /** Units of bought credits that are left at its end. */
  readonly left?: number;
}

export interface Step {
  /** Days after the beginning, and two hours: by then Stripe has charged what falls due on that day. */
  readonly day: number;
  readonly does?: (customer: StripeCustomer, accountId: AccountId) => Promise<unknown>;
  /** The plan in effect afterwards; null: none, and none by default. */
  readonly has: string | null;
}

const DAY = 86_400_000;
const TWO_HOURS = 7_200_000;

/** The instant of a step. */
export function instantOf({ day }: Pick<Step, 'day'>): Date {
  return new Date(BEGINNING + day * DAY + (day === 0 ? 0 : TWO_HOURS));
}
