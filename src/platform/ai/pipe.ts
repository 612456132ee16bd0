import { assertOutsideTransaction } from '#platform/db';
import type { Random } from '#platform/kernel';
import type { Admittance } from './breaker.ts';
import { attempt, type AttemptParts, type PipeCall, type PlainAnswer, type StreamAnswer } from './attempt.ts';
import { ProviderError } from './errors.ts';
import { type Failure, unavailable } from './outcome.ts';
import { checkInput, countTries, type TryCount } from './plan.ts';
import type { HangUp } from './ports.ts';
import type { Target } from './providers.ts';
import type { Timers } from './timers.ts';

export interface PipeParts extends AttemptParts {
  readonly timers: Timers;
  readonly random: Random;
}

/** The pipe: every provider call of the program goes through it. */
export type Pipe = (call: PipeCall) => Promise<PlainAnswer | StreamAnswer>;

/**
 * Makes a call, and makes it again where that helps: at the same model after a pause with full jitter (or the one
 * that the provider asks for), then down the chain of models. It gives up when the policy's tries or run time are
 * used up, and throws a ProviderError that says whether the same work may succeed later. Never again after a
 * stream has shown its first event: from there on the stream itself says how it ended.
 */
export function createPipe(parts: PipeParts): Pipe {
  return async (call) => {
    assertOutsideTransaction('a model was called');
    checkInput(call.policy, call.wire.inputBytes);
    const tries = countTries(call.permit, call.policy);
    if (tries.left < 1) throw usedUp(call);
    const route = new Route(call, parts, tries);
    let failure: Failure | undefined;
    for (;;) {
      const { target, admittance } = await route.next(failure);
      if (call.hangUp?.aborted === true) throw released(target, admittance);
      tries.used();
      const answer = await attempt(parts, call, { target, admittance, runTime: route.runTime });
      if (!('ledger' in answer)) return answer;
      failure = answer;
      if (failure.retry === 'never') throw failure.error;
    }
  };
}

function usedUp({ policy }: PipeCall): ProviderError {
  return new ProviderError('provider_unavailable', { retryable: false, details: { tries: policy.tries } });
}

/** The client went away during a pause: nothing is sent any more. */
function released(target: Target, admittance: Admittance): ProviderError {
  target.breaker.record(admittance, 'neutral');
  return new ProviderError('client_gone', { retryable: false });
}

/** The way through the chain of models: who is asked next, and after what pause. */
class Route {
  readonly #call: PipeCall;
  readonly #parts: PipeParts;
  readonly #tries: TryCount;
  readonly #last: number;
  #at = 0;
  #here = 0;

  constructor(call: PipeCall, parts: PipeParts, tries: TryCount) {
    this.#call = call;
    this.#parts = parts;
    this.#tries = tries;
    this.#last = parts.clock.monotonic() + call.policy.caps.runTime;
  }

  /** Milliseconds left of the call's run time. */
  get runTime(): number {
    return this.#last - this.#parts.clock.monotonic();
  }

  /** The model for the next try. Throws what the last failure means when there is none left. */
  async next(failure: Failure | undefined): Promise<{ target: Target; admittance: Admittance }> {
    if (failure !== undefined) await this.#recover(failure);
    if (this.runTime <= 0) throw failure?.error ?? unavailable();
    let wait = 0;
    for (; this.#at < this.#call.chain.length; this.#move()) {
      const target = this.#call.chain[this.#at];
      const admittance = target?.breaker.admit() ?? 'refused';
      if (target !== undefined && admittance !== 'refused') {
        this.#here += 1;
        return { target, admittance };
      }
      wait = Math.max(wait, target?.breaker.wait ?? 0);
    }
    throw failure?.error ?? unavailable(Math.max(1, Math.ceil(wait / 1_000)));
  }

  /** Waits for another try at the same model, or moves on to the next; each model of the chain is left one try. */
  async #recover(failure: Failure): Promise<void> {
    if (this.#tries.left < 1) throw this.#tries.isSpent ? failure.error.final() : failure.error;
    const behind = this.#call.chain.length - 1 - this.#at;
    const pause = this.#pause(failure);
    const isInTime = pause < this.runTime;
    if (failure.retry === 'same' && this.#tries.left > behind && isInTime) {
      if (pause > 0) await waited(this.#parts.timers, pause, this.#call.hangUp);
    } else if (behind > 0) this.#move();
    else
      throw failure.retryAfter === undefined
        ? failure.error
        : unavailable(Math.ceil(failure.retryAfter / 1_000));
  }

  #move(): void {
    this.#at += 1;
    this.#here = 0;
  }

  /** Full jitter over an exponential bound; never less than the provider asks for. */
  #pause(failure: Failure): number {
    const { base, most } = this.#call.policy.backoff;
    const bound = Math.min(most, base * 2 ** (this.#here - 1));
    return Math.max(failure.retryAfter ?? 0, this.#parts.random.uniform() * bound);
  }
}

/** Resolves after the pause, or as soon as nobody waits for the answer any more. */
function waited(timers: Timers, milliseconds: number, hangUp: HangUp | undefined): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      cancel();
      hangUp?.removeEventListener('abort', over);
      resolve();
    };
    const cancel = timers.after(milliseconds, over);
    hangUp?.addEventListener('abort', over);
  });
}
