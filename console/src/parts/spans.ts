/** Days of each. */
const SPANS = { day: 1, week: 7, month: 31 } as const;
export const SPAN_NAMES = ['day', 'week', 'month'] as const;
export type Span = keyof typeof SPANS;

/** The instant at which it began, by the minute: a list is asked for again no sooner. */
export const sinceOf = (span: Span): string =>
  new Date(Math.floor(Date.now() / 60_000) * 60_000 - SPANS[span] * 86_400_000).toISOString();

/** The present month and those before it, in UTC, the newest first: `2026-11`. */
export function pastMonths(count = 13): readonly string[] {
  const now = new Date();
  return Array.from({ length: count }, (_one, ago) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago)).toISOString().slice(0, 7),
  );
}
