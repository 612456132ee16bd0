import { planRequired } from '#platform/limits';
import type { SpendingCall } from './admission.ts';
import type { ServerParts } from './parts.ts';

/** What the plan lacks of what a route requires is said before anything is looked at. */
export async function assertGranted(
  { route, product, context }: Pick<SpendingCall, 'route' | 'product' | 'context'>,
  parts: Pick<ServerParts, 'planRates' | 'telemetry' | 'upgradeFor'>,
): Promise<void> {
  const { requires = [] } = route.shape;
  if (requires.length === 0 || context.accountId === undefined || parts.planRates === undefined) return;
  const { plan, grants } = await parts.planRates.now(context.accountId, product);
  const grant = requires.find((name) => (grants[name] ?? false) === false);
  if (grant === undefined) return;
  parts.telemetry.metrics.denial(product, grant);
  const upgrade = parts.upgradeFor?.({ product, plan, grant, atLeast: true }) ?? null;
  throw planRequired({ product, plan, grant, needed: true }, upgrade);
}
