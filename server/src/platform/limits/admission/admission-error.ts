import type { UpgradeFor } from '#platform/entitlements';
import type { AppError } from '#platform/kernel';
import type { Admission } from './admission.ts';
import { limitExceeded, planRequired } from '../denial.ts';

/** The error for a request that was not admitted, with the plan that would admit it. */
export function admissionError(
  product: string,
  admission: Extract<Admission, { kind: 'denied' | 'plan_required' }>,
  upgradeFor: UpgradeFor | undefined,
): AppError {
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
