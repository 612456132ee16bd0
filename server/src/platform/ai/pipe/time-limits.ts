import type { Policy } from '../policy.ts';
import type { Price } from '../metering/prices.ts';

/** Time limits of one provider call, in milliseconds. */
export interface TimeLimits {
  /** Until a plain answer's first byte. An upstream that says by blank bytes that it is alive has this long after each. */
  readonly firstByte: number;
  /** Until a stream shows something. An upstream that says by comments that it is alive has this long after each. */
  readonly firstToken: number;
  /** Between two parts of a stream. */
  readonly idle: number;
  /** From dispatch to the last byte. */
  readonly total: number;
}

/**
 * The least limits of a model that thinks unseen, above its feature's policy: OpenAI's own client waits ten minutes,
 * and its models think for as long; silence in the middle is thinking between two tool calls.
 */
const THINKING: TimeLimits = {
  firstByte: 720_000,
  firstToken: 720_000,
  idle: 300_000,
  total: 1_500_000,
};

/** The longer limit of the policy and the model. The rest of the call's run time bounds it too. */
export function timeLimits(
  policy: Pick<Policy, 'timeouts'>,
  price: Pick<Price, 'thinks' | 'limits'>,
): TimeLimits {
  const usual = price.thinks ? THINKING : undefined;
  const limit = (name: keyof TimeLimits): number =>
    Math.max(policy.timeouts[name], price.limits[name] ?? usual?.[name] ?? 0);
  return {
    firstByte: limit('firstByte'),
    firstToken: limit('firstToken'),
    idle: limit('idle'),
    total: limit('total'),
  };
}
