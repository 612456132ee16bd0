import { assertOutsideTransaction } from '#platform/db';
import { AppError, type Random } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import { attempt, type AttemptParts, type PipeCall, type PlainAnswer, type StreamAnswer } from './attempt.ts';
import { ProviderError, type UpstreamError } from '../errors.ts';
import { clientGoneError, type Failure, mayBeBilled, postponedError, unavailableError } from './outcome.ts';
import { type SlotAdmission, admitToSlot, type NoSlot } from '../slots/slot-admission.ts';
import { checkInput, countTries, type TryCount } from '../plan.ts';
import { chainWithoutLoss } from './translated.ts';
import type { AiLogger } from '../ports.ts';
import type { Target } from '../providers/providers.ts';
import { arrange } from '../providers/routes.ts';
import type { Slots } from '../slots/slots.ts';
import type { Timers } from '../timers.ts';

export interface PipeParts extends AttemptParts {
  readonly timers: Timers;
  readonly random: Random;
  readonly slots: Slots | undefined;
}

/** The pipe: every provider call of the program goes through it. */
export type Pipe = (call: PipeCall) => Promise<PlainAnswer | StreamAnswer>;

/**
 * Makes a call, and makes it again where that helps: at the same model after a pause with full jitter (or the one
 * that the provider asks for), then down the chain of models. It gives up when the policy's tries or run time are
 * used up, and throws a ProviderError that says whether the same work may succeed later. Never again after a
 * stream has shown its first event: from there on the stream itself says how it ended.
 * Where there is no room, because a provider throttles us, its breaker is open or its slots are taken, the call waits
 * for as long as the policy has patience; then it is `postponed`, which is no try.
 */
export function createPipe(parts: PipeParts): Pipe {
  return async (asked) => {
    const isTranslated = asked.chain.some(({ upstream }) => upstream.translation !== undefined);
    const call = isTranslated ? { ...asked, chain: await chainWithoutLoss(asked) } : asked;
    assertOutsideTransaction('a model was called');
    checkInput(call.policy, call.wire.inputBytes);
    assertOpen(call.permit, parts.logger);
    const tries = countTries(call.permit, call.policy);
    if (tries.left < 1) throw triesSpentError(call);
    const route = new Route(call, parts, tries);
    let failure: Failure | undefined;
    for (;;) {
      const admission = await route.next(failure);
      const begun = parts.clock.monotonic();
      const answer = await attempt(parts, call, { admission, runTime: route.runTime }).catch(
        (error: unknown) => {
          throw failure !== undefined && isDenial(error) ? failure.error : error;
        },
      );
      if (!('ledger' in answer)) {
        route.answered(begun);
        return answer;
      }
      failure = answer;
      if (failure.ledger !== 'no_try') tries.used();
      route.note(failure);
      if (failure.retry === 'never') throw route.endedBy(failure);
    }
  };
}

/** There is no money for another try: what the caller is told is why the one before failed. A denial would say that nothing was done. */
function isDenial(error: unknown): boolean {
  return error instanceof AppError && error.code === 'limit_exceeded';
}

/** A model call after the answer has ended was not awaited, and its error may reach no caller: so it is logged. */
function assertOpen(permit: Permit, logger: AiLogger | undefined): void {
  if (!permit.isOver) return;
  const says = 'a model was called under a permit that is over';
  logger?.error({ request_id: permit.requestId, permit_id: permit.id }, says);
  throw new Error(says);
}

function triesSpentError({ policy }: PipeCall): ProviderError {
  return new ProviderError('provider_unavailable', { retryable: false, details: { tries: policy.tries } });
}

/** A 429 that another call was told. */
const THROTTLED: UpstreamError = {
  status: 429,
  message: undefined,
  type: undefined,
  param: undefined,
  code: undefined,
};

const isThrottled = ({ keys, throttle }: Target): boolean =>
  keys === undefined ? throttle.wait > 0 : keys.members.some((member) => member.throttle.wait > 0);

/** The way through the chain of models: who is asked next, and after what pause. */
class Route {
  readonly #call: PipeCall;
  readonly #chain: readonly Target[];
  readonly #parts: PipeParts;
  readonly #tries: TryCount;
  readonly #last: number;
  #at = 0;
  /** Tries that failed at this model. */
  #failed = 0;
  /** Whether a provider may bill one of the tries so far. */
  #mayBeBilled = false;
  /** Milliseconds that the call has waited for room. */
  #waited = 0;

  constructor(call: PipeCall, parts: PipeParts, tries: TryCount) {
    this.#call = call;
    const { permit, wire } = call;
    this.#chain = arrange(call.chain, { ...parts, account: permit.accountId, isStream: wire.stream });
    this.#parts = parts;
    this.#tries = tries;
    this.#last = parts.clock.monotonic() + call.policy.caps.runTime;
  }

  /** Milliseconds left of the call's run time. */
  get runTime(): number {
    return this.#last - this.#parts.clock.monotonic();
  }

  note(failure: Failure): void {
    this.#mayBeBilled ||= mayBeBilled(failure);
  }

  /** The model has answered a call that went to it at an instant: a stream by its first event. */
  answered(asked: number): void {
    const { place, latency } = this.#chain[this.#at] ?? {};
    const now = this.#parts.clock.monotonic();
    if (place?.route.order === 'latency') latency?.note(this.#call.wire.stream, now - asked, now);
  }

  /** The error of a failure that no other try helps. */
  endedBy({ outcome, error }: Failure): ProviderError {
    return outcome === 'hung_up' ? clientGoneError(this.#mayBeBilled) : error;
  }

  /** The model for the next try. Throws what the last failure means when there is none left. */
  async next(failure: Failure | undefined): Promise<SlotAdmission> {
    const isWithoutRoom = failure?.health === 'throttled' || failure?.health === 'key_refused';
    // The throttle makes such a call wait, not we; another key may have room at once.
    if (failure !== undefined && !isWithoutRoom) await this.#recover(failure);
    let wait = Number.POSITIVE_INFINITY;
    for (; this.runTime > 0 && this.#at < this.#chain.length; this.#move()) {
      const admission = await this.#admission();
      if (this.#call.signal?.aborted === true) throw dropAdmission(admission, this.#mayBeBilled);
      if ('release' in admission) return admission;
      wait = Math.min(wait, admission.wait);
    }
    if (failure !== undefined && !isWithoutRoom) throw failure.error;
    throw Number.isFinite(wait)
      ? postponedError(wait, this.#throttledBy(failure))
      : (failure?.error ?? unavailableError());
  }

  /** The provider without room: the one that refused this call, or one that refused another and is not asked again yet. */
  #throttledBy(failure: Failure | undefined): UpstreamError | undefined {
    if (failure?.health === 'throttled') return failure.error.upstream;
    return this.#chain.some(isThrottled) ? THROTTLED : undefined;
  }

  async #admission(): Promise<SlotAdmission | NoSlot> {
    const target = this.#chain[this.#at];
    if (target === undefined) return { wait: 0 };
    const { clock, slots } = this.#parts;
    const { policy, signal, lane = 'interactive' } = this.#call;
    const asked = clock.monotonic();
    const until = Math.min(asked + policy.patience - this.#waited, this.#last);
    const admission = await admitToSlot(target, {
      account: this.#call.permit.accountId,
      lane,
      slots,
      patience: { until, signal },
    });
    this.#waited += clock.monotonic() - asked;
    return admission;
  }

  /** Waits for another try at the same model, or moves on to the next; each model of the chain is left one try. */
  async #recover(failure: Failure): Promise<void> {
    this.#failed += 1;
    if (this.#tries.left < 1) throw this.#tries.isSpent ? failure.error.final() : failure.error;
    const behind = this.#chain.length - 1 - this.#at;
    const pause = this.#pause(failure);
    const isInTime = pause < this.runTime;
    if (failure.retry === 'same' && this.#tries.left > behind && isInTime) {
      if (pause > 0) await pauseFor(this.#parts.timers, pause, this.#call.signal);
    } else if (behind > 0) this.#move();
    else
      throw failure.retryAfter === undefined
        ? failure.error
        : unavailableError(Math.ceil(failure.retryAfter / 1_000));
  }

  #move(): void {
    this.#at += 1;
    this.#failed = 0;
  }

  /** Full jitter over an exponential bound; never less than the provider asks for. */
  #pause(failure: Failure): number {
    const { base, most } = this.#call.policy.backoff;
    const bound = Math.min(most, base * 2 ** (this.#failed - 1));
    return Math.max(failure.retryAfter ?? 0, this.#parts.random.uniform() * bound);
  }
}

/** The client went away while the call waited: nothing is sent any more. */
function dropAdmission(admission: SlotAdmission | NoSlot, isBilled: boolean): ProviderError {
  if ('release' in admission) {
    admission.record('neutral');
    admission.release();
  }
  return clientGoneError(isBilled);
}

/** Resolves after the pause, or as soon as the caller no longer waits. */
function pauseFor(timers: Timers, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      cancel();
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const cancel = timers.after(milliseconds, over);
    signal?.addEventListener('abort', over);
  });
}
