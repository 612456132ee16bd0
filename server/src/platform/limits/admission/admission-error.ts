import type { UpgradeFor } from '#platform/entitlements';
import { AppError, INVALID_CREDENTIAL, NO_ACCOUNT } from '#platform/kernel';
import type { NotGranted } from './admission.ts';
import { limitExceeded, planRequired } from '../denial.ts';

/** The error for a request that was not admitted, with the plan that would admit it. */
export function admissionError(
  product: string,
  admission: NotGranted,
  upgradeFor: UpgradeFor | undefined,
): AppError {
  if (admission.kind === 'refused') return refusalError(admission.reason);
  if (admission.kind === 'plan_required') {
    const { plan, grant, needed } = admission;
    const upgrade = upgradeFor?.({ product, plan, grant, atLeast: needed }) ?? null;
    return planRequired({ product, plan, grant, needed }, upgrade);
  }
  const { limit, of, max, needed, size = max, plan } = admission.denial;
  // More of a cooldown is a longer one: only waiting helps.
  const helps = of !== 'cooldown';
  const question = { product, plan, grant: limit, atLeast: Math.max(size + 1, needed ?? 0) };
  return limitExceeded(admission.denial, helps ? (upgradeFor?.(question) ?? null) : null);
}

/** The error of a call that was refused, by the reason that the database gives. */
export function refusalError(reason: string): AppError {
  if (reason === 'key_revoked' || reason === 'session_over' || reason === 'user_suspended')
    return new AppError('unauthenticated', { message: INVALID_CREDENTIAL });
  if (reason === 'not_a_member') return new AppError('not_found', { message: NO_ACCOUNT });
  if (reason === 'operator_budget_closed') return new AppError('operator_budget_closed', { retryAfter: 60 });
  if (reason === 'holder_dead') return new AppError('server_stopping', { retryAfter: 1 });
  return new AppError('forbidden', { message: 'This account is suspended.' });
}
