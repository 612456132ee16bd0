const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration as QStash writes it (`50s`, `1d10h30m`), in milliseconds; undefined for anything else. */
export function duration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)([a-zµ]+)/g);
  return [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
}

const A_DAY = 86_400_000;
/** The headers by which an answer says when to try again; the first that is there is believed. */
const WHEN = ['retry-after', 'x-ratelimit-reset', 'x-ratelimit-reset-requests', 'x-ratelimit-reset-tokens'];

/**
 * What an answer says about the next try, in milliseconds from now: seconds, a date, or a duration. More than a day is
 * not listened to (https://upstash.com/docs/qstash/features/retry).
 */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const text = WHEN.map((name) => headers.get(name)).find((value) => value !== null);
  if (text == null) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : undefined;
  const asked = seconds ?? duration(text) ?? Date.parse(text) - now;
  return Number.isNaN(asked) || asked > A_DAY ? undefined : Math.max(0, asked);
}

/** QStash's own backoff: e^(2.5 n) seconds before the n-th retry, a day at most. */
export function backoff(retried: number): number {
  return Math.min(A_DAY, Math.exp(2.5 * (retried + 1)) * 1_000);
}
