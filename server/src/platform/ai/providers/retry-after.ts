import type { IncomingHttpHeaders } from 'node:http';

/**
 * Milliseconds that a provider asks to wait: by Retry-After, seconds or an HTTP date (`retry-after-ms` is OpenAI's finer one); with a 429
 * also by when its limits are whole again, which other answers say too. Undefined where it asks for no time that is still to come:
 * nothing, zero, less, or a date that is over.
 */
export function retryAfter(
  { status, headers }: { readonly status: number; readonly headers: IncomingHttpHeaders },
  now: number,
): number | undefined {
  const header = headers['retry-after'] ?? '';
  const seconds = Number(header);
  const waits = [
    Number(headers['retry-after-ms'] ?? Number.NaN),
    Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1_000,
  ];
  return waits.find(isToCome) ?? (status === 429 ? untilReset(headers, now) : undefined);
}

const isToCome = (wait: number): boolean => wait > 0 && Number.isFinite(wait);

/**
 * A vendor's limit of requests, or of tokens: OpenAI's and Groq's `x-ratelimit-reset-tokens`, OpenRouter's `x-ratelimit-reset`, and Anthropic's
 * `anthropic-ratelimit-input-tokens-reset`.
 */
const RESET = /^(?:(x-ratelimit)-reset(-.+)?|(anthropic-ratelimit-.+)-reset)$/;

/**
 * Until the limits that have nothing left are whole again: the last of them. Where none says so, the first to be whole: the call
 * may have been refused by any, and one that is asked too early is refused again.
 */
function untilReset(headers: IncomingHttpHeaders, now: number): number | undefined {
  const used: number[] = [];
  const others: number[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const [, general, kind = '', own] = RESET.exec(name) ?? [];
    if (general === undefined && own === undefined) continue;
    const wait = waitIn(String(value), now);
    if (!isToCome(wait)) continue;
    const left = headers[own === undefined ? `${general}-remaining${kind}` : `${own}-remaining`];
    (left === '0' ? used : others).push(wait);
  }
  if (used.length > 0) return Math.max(...used);
  return others.length > 0 ? Math.min(...others) : undefined;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Larger numbers are instants: seconds since 1970, or milliseconds. */
const LEAST_SECONDS = 1e9;
const LEAST_MILLISECONDS = 1e11;

/** `6m0s`, `12ms`; seconds; an instant as a number; a date (RFC 3339). */
function waitIn(value: string, now: number): number {
  if (/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(value)) {
    const parts = [...value.matchAll(/([\d.]+)(ms|[smhd])/g)];
    return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
  }
  const figure = Number(value);
  if (Number.isNaN(figure)) return Date.parse(value) - now;
  if (figure > LEAST_MILLISECONDS) return figure - now;
  return figure > LEAST_SECONDS ? figure * 1_000 - now : figure * 1_000;
}
