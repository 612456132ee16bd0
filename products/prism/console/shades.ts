import type { ReplyOf } from '@plinth/sdk';

export const KINDS = ['feelings', 'themes', 'needs', 'strengths', 'values'] as const;

const DAY = 86_400_000;

interface Shade {
  readonly text: string;
  readonly count: number;
  /** On average, from 0 to 1. */
  readonly intensity: number;
  /** Its count on each day. */
  readonly values: readonly number[];
}

/** All days of a spectrum, also those that have nothing, and its shades of a kind: the most frequent first. */
export function shadesOf(
  { from, to, data }: ReplyOf<'GET /v1/spectrum'>,
  kind: (typeof KINDS)[number],
): { readonly points: readonly string[]; readonly shades: readonly Shade[] } {
  const points: string[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY)
    points.push(new Date(at).toISOString().slice(0, 10));
  const found = Map.groupBy(
    data.flatMap(({ starts, ...kinds }) => kinds[kind].map((shade) => ({ starts, ...shade }))),
    ({ text }) => text,
  );
  const shades = [...found].map(([text, parts]): Shade => {
    const countOn = new Map(parts.map(({ starts, count }) => [starts, count]));
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    const strength = parts.reduce((sum, part) => sum + part.count * part.intensity, 0);
    return { text, count, intensity: strength / count, values: points.map((day) => countOn.get(day) ?? 0) };
  });
  return { points, shades: shades.toSorted((one, other) => other.count - one.count) };
}
