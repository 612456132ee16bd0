import { DIMENSIONS, type Dimension } from '../ledger/search.ts';

export const MEASURES = ['calls', 'tokens', 'cost', 'charge'] as const;
export type Measure = (typeof MEASURES)[number];
export const DAYS = [7, 30, 90] as const;

/** What the page's address says of what it shows. */
export interface UsageSearch {
  readonly by?: Dimension;
  readonly show?: Measure;
  readonly days?: (typeof DAYS)[number];
  /** Names that are left out of the chart. */
  readonly without?: readonly string[];
}

export function readUsageSearch({ by, show, days, without }: Readonly<Record<string, unknown>>): UsageSearch {
  const names = Array.isArray(without) ? without.filter((one) => typeof one === 'string') : [];
  return {
    ...(DIMENSIONS.includes(by as never) ? { by: by as Dimension } : {}),
    ...(MEASURES.includes(show as never) ? { show: show as Measure } : {}),
    ...(DAYS.includes(days as never) ? { days: days as (typeof DAYS)[number] } : {}),
    ...(names.length > 0 ? { without: names.slice(0, 20) } : {}),
  };
}
