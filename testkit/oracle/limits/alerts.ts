import type { Alert, Change } from './changes.ts';

const ALERTED: ReadonlySet<string> = new Set(['quota', 'credits', 'budget', 'gauge', 'seats']);

/** Alerts that a use from `before` to `after` crosses: of an account as a whole, and of keys' budgets. */
export function alertsOf(
  product: string,
  at: Omit<Alert, 'size' | 'threshold' | 'used'>,
  { before, after, size }: { readonly before: number; readonly after: number; readonly size: number },
): Extract<Change, { do: 'alert' }>[] {
  const isAlerted =
    ALERTED.has(at.kind) &&
    (at.scope === product || (at.scope.startsWith('key:') && !at.scope.includes('/user:')));
  if (!isAlerted || size < 1) return [];
  return ([80, 100] as const).flatMap((threshold) => {
    // Without a product that would pass what JavaScript holds exactly.
    const line = threshold === 100 ? size : size - Math.floor(size / 5);
    return before < line && after >= line ? [{ do: 'alert', ...at, size, threshold, used: after }] : [];
  });
}
