import { AppError } from '#platform/kernel';
import type { Denial } from './denial.ts';
import './errors.ts';

/** A denial as platform.md has it: what is used of which limit, when to come back, and the plan that would help. */
export function limitExceeded(denial: Denial, upgrade: string | null): AppError {
  const { limit, used, max, needed, resetsAt, retryAfter } = denial;
  const left = `"${limit}";r=0${retryAfter === undefined ? '' : `;t=${retryAfter}`}`;
  return new AppError('limit_exceeded', {
    message: words(denial),
    details: { limit, used, max, ...(needed === undefined ? {} : { needed }), resets_at: resetsAt, upgrade },
    headers: { 'ratelimit-policy': `"${limit}";q=${max}`, ratelimit: left },
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

function words({ limit, of, used, max, needed = 0 }: Denial): string {
  if (of === 'failures')
    return 'Calls of this account failed at the model provider too often today. Nothing was charged for them.';
  if (needed > max)
    return `This call may cost $${dollars(needed)}, more than the whole limit ${limit} of $${dollars(max)}. Ask for a shorter answer (max_tokens) or send less.`;
  if (used < max && needed > 0)
    return `This call may cost $${dollars(needed)}; the limit ${limit} has $${dollars(max - used)} left until it resets.`;
  return `The limit ${limit} is used up.`;
}

function dollars(micros: number): string {
  return (micros / 1_000_000).toFixed(6).replace(/0{1,4}$/, '');
}

/** What a plan lacks, and the plan that would help. */
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
