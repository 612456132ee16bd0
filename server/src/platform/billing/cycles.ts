/** Cycles that plans are sold by here. */
export const SOLD_CYCLES = ['monthly', 'yearly'] as const;
export type SoldCycle = (typeof SOLD_CYCLES)[number];

/**
 * How often a subscription is paid. Prices that were made elsewhere (at the payment provider by hand, or for an app store) have any
 * length: an ISO 8601 duration, `P3M` for a quarter. One month is always `monthly`, and twelve are `yearly`.
 */
export type Cycle = SoldCycle | `P${number}${'D' | 'W' | 'M' | 'Y'}`;

export const CYCLE_PATTERN = /^(monthly|yearly|P[1-9][0-9]{0,2}[DWMY])$/;

/** The cycle of so many units: `day`, `week`, `month` or `year`. */
export function cycleOfLength(unit: string, count: number): Cycle {
  const months = unit === 'month' ? count : unit === 'year' ? 12 * count : undefined;
  if (months === 1) return 'monthly';
  if (months === 12) return 'yearly';
  if (months !== undefined) return months % 12 === 0 ? `P${months / 12}Y` : `P${months}M`;
  return unit === 'week' ? `P${count}W` : `P${count}D`;
}

const UNITS: Readonly<Record<string, string>> = { D: 'day', W: 'week', M: 'month', Y: 'year' };

/** `a month`, `every 3 months`: how often an amount is paid. */
export function cycleText(cycle: string): string {
  if (cycle === 'monthly') return 'a month';
  if (cycle === 'yearly') return 'a year';
  const [count, unit] = [cycle.slice(1, -1), UNITS[cycle.slice(-1)]];
  return count === '1' ? `a ${unit}` : `every ${count} ${unit}s`;
}

const DAYS_A_YEAR = 365;

/** A year's amount of an amount a cycle, by which prices of several lengths compare: `billing.a_year` says the same in SQL. */
export function aYear(cycle: Cycle, amount: number): number {
  if (cycle === 'monthly') return amount * 12;
  if (cycle === 'yearly') return amount;
  const count = Number(cycle.slice(1, -1));
  const most = { D: DAYS_A_YEAR, W: DAYS_A_YEAR / 7, M: 12, Y: 1 }[cycle.slice(-1)] ?? 1;
  return (amount * most) / count;
}
