import { AppError } from '#platform/kernel';
import type { Denial } from './denial.ts';
import './errors.ts';

/** A denial as platform.md has it: what is used of which limit, when to come back, and the plan that would help. */
export function limitExceeded(denial: Denial, upgrade: string | null): AppError {
  const { limit, used, max, resetsAt, retryAfter } = denial;
  const left = `"${limit}";r=0${retryAfter === undefined ? '' : `;t=${retryAfter}`}`;
  return new AppError('limit_exceeded', {
    message: `The limit ${limit} is used up.`,
    details: { limit, used, max, resets_at: resetsAt, upgrade },
    headers: { 'ratelimit-policy': `"${limit}";q=${max}`, ratelimit: left },
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
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
