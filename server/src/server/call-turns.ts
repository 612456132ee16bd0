import { AppError, createLaneTurns } from '#platform/kernel';

/** So many calls of an account, or an address, go on in one turn of the event loop. */
const AT_ONCE = 2;
/** Calls of one that wait, here and for the database together. Further ones are refused. */
const MOST_WAITING = 500;

/** When calls go on with their work: those of one account, or address, after each other. */
export interface CallTurns {
  /** Before a call begins. Undefined: at once. Throws `limit_exceeded` where too many wait. */
  begin(lane: string): Promise<void> | undefined;
  /** Before its handler runs: one batch of rates or admissions answers hundreds of calls in one turn. */
  goOn(lane: string): Promise<void> | undefined;
}

interface CallTurnsParts {
  /** How many of a lane wait elsewhere. */
  readonly waitingIn: (lane: string) => number;
  readonly onNextTurn?: (work: () => void) => void;
}

/** Hundreds of calls that arrive together would all begin in one turn, and each other call would wait for all of them. */
export function createCallTurns({ waitingIn, ...options }: CallTurnsParts): CallTurns {
  const turns = createLaneTurns({ atOnce: AT_ONCE, onNextTurn: options.onNextTurn ?? setImmediate });
  return {
    goOn: turns.take,
    begin(lane) {
      const waiting = turns.waiting(lane) + waitingIn(lane);
      if (waiting < MOST_WAITING) return turns.take(lane);
      throw new AppError('limit_exceeded', {
        message: 'Too many of your calls wait for each other. Wait for some of them to end.',
        details: { limit: 'calls_waiting', used: waiting, max: MOST_WAITING, resets_at: null, upgrade: null },
        retryAfter: 1,
      });
    },
  };
}
