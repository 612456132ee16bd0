import { AppError } from '#platform/kernel';
import { CHANGES } from './changes.ts';
import { MONEY } from './money.ts';
import { ORDERS } from './orders.ts';
import { PAYEES } from './payees.ts';
import { REQUESTS } from './requests.ts';
import { type Assumption, Differs, Stage, type StageParts, Taken } from './stage.ts';

export interface Walked {
  readonly says: string;
  readonly found: 'differs' | 'not tried' | 'note' | 'ok';
  /** The difference that was seen, or why it was not tried; '' where it is as assumed. A note is of what billing never sends. */
  readonly why: string;
  /** Nothing stands in the way of an assumption that no check can try. */
  readonly isProblem: boolean;
}

export const ASSUMPTIONS: readonly Assumption[] = [...CHANGES, ...ORDERS, ...MONEY, ...REQUESTS, ...PAYEES];

/** A walk through what is assumed of Stripe, in its test mode. Each part throws what Stripe says to a key that it does not accept. */
export interface StripeWalk {
  /** The second when a walk began that is not cleared away: it is under way, or was ended; undefined: there is none. */
  foundSince(): Promise<number | undefined>;
  /** One thing after the other; what it made is taken away, also after a failure. */
  walk(): AsyncGenerator<Walked>;
  /** Takes away what a walk left that was ended half-way. */
  clear(): Promise<void>;
}

/** `assumptions`: others than billing's, for tests of the walk itself. */
export function createStripeWalk(
  parts: StageParts,
  assumptions: readonly Assumption[] = ASSUMPTIONS,
): StripeWalk {
  const shared = new Stage(parts);
  return {
    foundSince: () => shared.foundSince(),
    clear: () => shared.clear(),
    async *walk() {
      try {
        for (const assumption of assumptions) yield await walkAssumption(assumption, new Stage(parts));
      } finally {
        await shared.clear();
      }
    },
  };
}

async function walkAssumption(assumption: Assumption, stage: Stage): Promise<Walked> {
  const { says } = assumption;
  if ('untried' in assumption) return { says, found: 'not tried', why: assumption.untried, isProblem: false };
  try {
    try {
      await assumption.walk(stage);
    } finally {
      await stage.leave();
    }
    return { says, found: 'ok', why: '', isProblem: false };
  } catch (error) {
    if (error instanceof Taken && assumption.isNeverSent === true)
      return { says, found: 'note', why: `${error.message} Billing never sends it.`, isProblem: false };
    return { says, ...foundBy(error), isProblem: true };
  }
}

function foundBy(error: unknown): Pick<Walked, 'found' | 'why'> {
  if (error instanceof Differs) return { found: 'differs', why: error.message };
  if (!(error instanceof AppError)) throw error;
  if (error.code === 'store_unavailable') return { found: 'not tried', why: 'Stripe does not answer.' };
  const code = error.details === undefined ? error.code : String(error.details['code']);
  if (code === 'key_refused') return { found: 'not tried', why: 'The key may not do this.' };
  return { found: 'differs', why: `Stripe refuses it (${code}): ${saidBy(error.cause)}` };
}

/** Stripe's words may quote a customer: here they are all made up. */
const saidBy = (cause: unknown) => (cause instanceof Error ? cause.message : 'without a word.');
