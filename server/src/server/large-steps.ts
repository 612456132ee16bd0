import type { InFlightRequest } from './in-flight.ts';

/** Milliseconds of a step after which no other rests. */
const SHORT = 2;

/** The call that a step belongs to. */
export type StepCall = Pick<InFlightRequest, 'began' | 'lane' | 'signal'>;

/**
 * Steps of the work on large bodies: to parse, to look through, to check, to begin the handler. One is done at a time in all the
 * server, those of accounts (or addresses) by turns, and after each one all other calls have as long a time. Of one account the oldest call goes on
 * first: a second body that is parsed before the first one is stored is memory that the collector of garbage copies.
 */
export interface LargeSteps {
  /** Does the synchronous work that `step` begins with in a turn of the event loop that has no other step. Throws why a call ended before. */
  run<T>(call: StepCall, step: () => T | Promise<T>): Promise<T>;
}

/** Runs steps of a call: in their turn where its body is large, else at once. */
export const stepsFor =
  (steps: LargeSteps, call: StepCall, isLarge: boolean) =>
  <T>(step: () => T | Promise<T>): T | Promise<T> =>
    isLarge ? steps.run(call, step) : step();

export interface LargeStepsOptions {
  /** Milliseconds on a clock that never jumps. */
  readonly now: () => number;
  readonly onNextTurn?: (work: () => void) => void;
  readonly after?: (milliseconds: number, work: () => void) => void;
}

interface WaitingStep {
  /** When its call began. */
  readonly began: number;
  begin(): void;
}

/** A step that waits keeps its body in memory: one whose call is over leaves at once. */
export function createLargeSteps({
  now,
  onNextTurn = setImmediate,
  after = (milliseconds, work) => void setTimeout(work, milliseconds),
}: LargeStepsOptions): LargeSteps {
  const waiting = new Map<string, Set<WaitingStep>>();
  let isResting = false;

  function restFor(milliseconds: number): void {
    isResting = true;
    if (milliseconds < SHORT) onNextTurn(beginNext);
    else after(milliseconds, beginNext);
  }

  function beginNext(): void {
    isResting = false;
    for (const [lane, steps] of waiting) {
      // The lane that had its turn is the last one now.
      waiting.delete(lane);
      const [first] = steps;
      if (first === undefined) continue;
      let oldest = first;
      for (const step of steps) if (step.began < oldest.began) oldest = step;
      steps.delete(oldest);
      if (steps.size > 0) waiting.set(lane, steps);
      isResting = true;
      return oldest.begin();
    }
  }

  function turnOf({ began, lane = '', signal }: StepCall): Promise<void> {
    return new Promise((resolve, reject) => {
      const steps = waiting.get(lane) ?? new Set();
      waiting.set(lane, steps);
      const leave = () => {
        steps.delete(step);
        reject(signal.reason);
      };
      const step = {
        began,
        begin() {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      steps.add(step);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  return {
    async run(call, step) {
      call.signal.throwIfAborted();
      if (isResting) await turnOf(call);
      isResting = true;
      const began = now();
      try {
        return step();
      } finally {
        restFor(now() - began);
      }
    },
  };
}
