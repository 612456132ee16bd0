import { AppError, type Micros, micros } from '#platform/kernel';
import type { Permit, PlannedCall } from '#platform/limits';
import { ProviderError } from './errors.ts';
import type { Policy } from './policy.ts';
import { type CallSize, madeTokens, outputThatFits, reserve } from './metering/prices.ts';
import type { Target } from './providers/providers.ts';
import { sizeOf } from './metering/tokens.ts';
import type { WireRequest } from './wire.ts';

/** The plan of a provider call before it goes out. */
export interface CallPlan {
  readonly call: PlannedCall;
  /** The reply's cap that is sent. */
  readonly maxTokens: number;
  /** Tokens of it that are for thoughts, beside an answer of full length. */
  readonly room: number;
}

export interface PlanRequest {
  readonly policy: Policy;
  readonly wire: Pick<
    WireRequest,
    | 'cachesForHours'
    | 'characters'
    | 'counted'
    | 'dialect'
    | 'inputBytes'
    | 'maxTokens'
    | 'pictures'
    | 'quality'
    | 'replies'
    | 'tier'
  >;
  /** Where the caller named no reply length, or one that its budget can't buy: the cap is what this buys. */
  readonly budget?: Micros | undefined;
  /** Tokens for thoughts, beside the answer's; none when not said. */
  readonly room?: number | undefined;
}

/**
 * Sets the reply's cap and with it the most that the call may cost: what was asked, at most what the policy and the
 * model allow, at most what `caps.cost` and the budget buy.
 */
export function planCall(request: PlanRequest, target: Target): CallPlan {
  const { policy, wire, budget, room = 0 } = request;
  const answer = Math.min(wire.maxTokens ?? policy.maxOutputTokens, policy.maxOutputTokens);
  const asked = Math.min(answer + room, target.price.maxOutput);
  const size = sizeOf(target.price, wire);
  let maxTokens = wire.dialect.writes ? asked : madeTokens(target.price, wire.quality);
  if (policy.caps.cost !== undefined)
    maxTokens = within(policy.caps.cost, maxTokens, {
      target,
      size,
      least: wire.dialect.writes ? 1 : maxTokens,
    });
  // A reserve that buys nothing is not cut to nothing: `send` asks the budgets for more, or refuses.
  if (wire.dialect.writes && budget !== undefined) {
    const fits = outputThatFits(target.price, size, budget);
    if (fits >= 1) maxTokens = Math.min(maxTokens, fits);
  }
  return {
    maxTokens,
    room,
    call: {
      provider: target.provider,
      model: target.model,
      priceVersion: target.price.version,
      reserve: reserve(target.price, { ...size, maxOutputTokens: maxTokens }),
    },
  };
}

function within(
  cap: number,
  maxTokens: number,
  call: {
    readonly target: Target;
    readonly size: Omit<CallSize, 'maxOutputTokens'>;
    /** A reply may be cut to so many tokens, a picture is whole. */
    readonly least: number;
  },
): number {
  const { price } = call.target;
  const fits = outputThatFits(price, call.size, micros(cap));
  const inputAlone = reserve(price, { ...call.size, maxOutputTokens: 0 });
  if (inputAlone > cap || (maxTokens > 0 && fits < call.least)) throw new AppError('call_too_costly');
  return Math.min(maxTokens, fits);
}

/** Counts the provider calls of one run of the pipe, and says when there were enough. */
export interface TryCount {
  /** Calls that this run may still make. */
  readonly left: number;
  /** Whether the permit's are used up: then no later attempt of its job can help either. */
  readonly isSpent: boolean;
  /** One is about to be made. */
  used(): void;
}

/** Tries are counted over pipe and job together: the permit knows the calls of earlier attempts. */
export function countTries(permit: Permit, policy: Policy): TryCount {
  const most = policy.tries + policy.rounds - 1;
  let here = 0;
  const left = (): number => most - permit.calls;
  return {
    get left() {
      return Math.min(policy.tries - here, left());
    },
    get isSpent() {
      return left() < 1;
    },
    used() {
      here += 1;
    },
  };
}

/** Refused before anything is sent: the input is larger than the feature takes. */
export function checkInput(policy: Policy, inputBytes: number): void {
  if (inputBytes <= policy.caps.inputBytes) return;
  throw new ProviderError('context_too_large', {
    retryable: false,
    details: { bytes: inputBytes, max_bytes: policy.caps.inputBytes },
  });
}
