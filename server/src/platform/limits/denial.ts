import { AppError } from '#platform/kernel';
import './errors.ts';

/** A denial: the limit, what is used of it, its size, and when to retry. */
export interface Denial {
  readonly limit: string;
  readonly of:
    | 'quota'
    | 'burst'
    | 'cooldown'
    | 'concurrency'
    | 'budget'
    | 'credits'
    | 'gauge'
    | 'seats'
    | 'failures';
  readonly used: number;
  readonly max: number;
  /** The plan's own size, where that is another number: of credits, `max` is all that the account was given. */
  readonly size?: number;
  /** For a budget: the least that the call needs, in micro-dollars. More than `max`: no reset helps. */
  readonly needed?: number;
  readonly resetsAt: string | null;
  /** Seconds from the decision to the reset, by the database's clock. */
  readonly retryAfter: number | undefined;
  readonly plan: string;
}

/** Reads a denial as the SQL functions write it. */
export function readDenial(decision: Record<string, unknown>): Denial {
  const { limit, of, used, max, size, needed, resets_at, now, plan } = decision as {
    limit: string;
    of: Denial['of'];
    used: number;
    max: number;
    size?: number;
    needed?: number;
    resets_at: string | null;
    now: string;
    plan: string;
  };
  const wait =
    resets_at === null
      ? undefined
      : Math.max(1, Math.ceil((Date.parse(resets_at) - Date.parse(now)) / 1_000));
  // A concurrency slot is free again as soon as one call ends; `resets_at` is only the latest instant for that.
  const retryAfter = of === 'concurrency' ? 1 : wait;
  const resetsAt = resets_at === null ? null : new Date(resets_at).toISOString();
  const more = { ...(size === undefined ? {} : { size }), ...(needed === undefined ? {} : { needed }) };
  return { limit, of, used, max, ...more, resetsAt, retryAfter, plan };
}

/** The error of a denial as platform.md describes it: the limit and its use, when to retry, and the plan that would help. */
export function limitExceeded(denial: Denial, upgrade: string | null): AppError {
  const { limit, used, max, needed, resetsAt, retryAfter } = denial;
  const left = `"${limit}";r=0${retryAfter === undefined ? '' : `;t=${retryAfter}`}`;
  return new AppError('limit_exceeded', {
    message: messageOf(denial),
    details: { limit, used, max, ...(needed === undefined ? {} : { needed }), resets_at: resetsAt, upgrade },
    headers: { 'ratelimit-policy': `"${limit}";q=${max}`, ratelimit: left },
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

function messageOf({ limit, of, used, max, needed = 0 }: Denial): string {
  if (of === 'failures')
    return 'Calls of this account failed at the model provider too often today, or cost more there than was asked for. Nothing was charged for that.';
  if (needed > max)
    return `This call may cost $${dollars(needed)}, more than the whole limit ${limit} of $${dollars(max)}. Ask for a shorter answer (max_tokens) or send less.`;
  if (used < max && needed > 0)
    return `This call may cost $${dollars(needed)}; the limit ${limit} has $${dollars(max - used)} left until it resets.`;
  return `The limit ${limit} is used up.`;
}

function dollars(micros: number): string {
  return (micros / 1_000_000).toFixed(6).replace(/0{1,4}$/, '');
}

/** The error for a grant that a plan lacks, with the plan that would help. */
export function planRequired(
  lack: {
    readonly product: string;
    readonly plan: string | null;
    readonly grant: string | null;
    readonly needed: number | boolean | null;
  },
  upgrade: string | null,
): AppError {
  const { product, plan, grant, needed } = lack;
  return new AppError('plan_required', { details: { product, plan, grant, needed, upgrade } });
}
