import type { ReplyOf } from '@plinth/sdk';
import type { Api } from '../../session.ts';
import type { Dimension } from '../ledger/search.ts';
import type { Measure } from './search.ts';

type Row = ReplyOf<'GET /v1/usage/report'>['data'][number];

export type Figures = Readonly<Record<Measure, number>>;

/** One group of calls: what was used in all and on each day. */
export interface Group {
  /** What the group is called in the ledger; null: these calls have none, as calls without a key. */
  readonly name: string | null;
  readonly sum: Figures;
  readonly days: ReadonlyMap<string, Figures>;
}

export interface Sums {
  /** All days that are asked for, the oldest first. */
  readonly days: readonly string[];
  readonly groups: readonly Group[];
  /** Whether there is more than was read. */
  readonly isCut: boolean;
  /** Whether the operator keeps what model calls cost from this reader. */
  readonly hidesCost: boolean;
}

/** Pages that are read of a report: three months of twenty groups. */
const MOST_PAGES = 20;
const NOTHING: Figures = { cost: 0, charge: 0, calls: 0, tokens: 0 };
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A day of this browser's zone, so many before or after today: `2026-11-20`. */
export function dayAt(offset: number): string {
  const at = new Date();
  at.setDate(at.getDate() + offset);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}

export const dayAfter = (day: string): string =>
  new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);

const figuresOf = (row: Row): Figures => ({
  cost: row.cost_micros ?? 0,
  charge: row.charged_micros ?? 0,
  calls: row.calls,
  tokens: row.prompt_tokens + row.completion_tokens,
});

export const add = (one: Figures, other: Figures): Figures => ({
  cost: one.cost + other.cost,
  charge: one.charge + other.charge,
  calls: one.calls + other.calls,
  tokens: one.tokens + other.tokens,
});

interface SumsRequest {
  readonly by: Dimension;
  readonly days: number;
  /** The operator's has all accounts. */
  readonly route?: 'GET /v1/admin/usage' | 'GET /v1/usage/report';
  /** One account among those of the operator's. */
  readonly account?: string;
}

/** Reads the use of the last days, group by group and day by day. */
export async function readSums(
  api: Api,
  { by, days, route = 'GET /v1/usage/report', account }: SumsRequest,
): Promise<Sums> {
  const from = dayAt(1 - days);
  const groups = new Map<string | null, { sum: Figures; days: Map<string, Figures> }>();
  let cursor: string | null | undefined;
  let hidesCost = false;
  for (let pages = 0; cursor !== null && pages < MOST_PAGES; pages += 1) {
    const page = await api.call(route as 'GET /v1/usage/report', {
      query: {
        group: `day,${by}`,
        from,
        until: dayAt(1),
        zone,
        limit: 100,
        ...(account === undefined ? {} : { account_id: account }),
        ...(cursor === undefined ? {} : { cursor }),
      },
    });
    for (const row of page.data) {
      hidesCost ||= row.cost_micros === null;
      const name = row[by === 'key' ? 'key_id' : by] ?? null;
      const group = groups.get(name) ?? { sum: NOTHING, days: new Map() };
      group.sum = add(group.sum, figuresOf(row));
      group.days.set(row.day ?? '', figuresOf(row));
      groups.set(name, group);
    }
    cursor = page.next_cursor;
  }
  return {
    days: Array.from({ length: days }, (_one, index) => dayAt(index + 1 - days)),
    groups: [...groups].map(([name, group]) => ({ name, ...group })),
    isCut: cursor !== null,
    hidesCost,
  };
}

/** The largest groups by a measure, and the others as one. */
export function largest(
  groups: readonly Group[],
  show: Measure,
  most: number,
): readonly (Group & { readonly isRest: boolean })[] {
  const sorted = groups.toSorted((one, other) => other.sum[show] - one.sum[show]);
  const [shown, rest] = [sorted.slice(0, most), sorted.slice(most)];
  const days = new Map<string, Figures>();
  for (const group of rest)
    for (const [day, figures] of group.days) days.set(day, add(days.get(day) ?? NOTHING, figures));
  const sum = rest.reduce((all, group) => add(all, group.sum), NOTHING);
  return [
    ...shown.map((group) => ({ ...group, isRest: false })),
    ...(rest.length === 0 ? [] : [{ name: null, sum, days, isRest: true }]),
  ];
}
