import { sinceOf, type Span, SPAN_NAMES } from '../../parts/spans.ts';

export const STATES = ['posted', 'sent', 'pending', 'voided', 'denied'] as const;
/** What rows are told apart by. */
export const DIMENSIONS = ['product', 'feature', 'model', 'key'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** What the page's address says of what it shows. */
export interface LedgerSearch extends Partial<Readonly<Record<Dimension, string>>> {
  readonly call?: string;
  /** `denied`: what limits denied, which has no rows of the ledger. */
  readonly status?: (typeof STATES)[number];
  readonly span?: Span;
  /** Whole days of this browser's zone, the second one excluded: in place of a span. */
  readonly from?: string;
  readonly until?: string;
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const isDay = (text: unknown): text is string =>
  typeof text === 'string' && DAY.test(text) && !Number.isNaN(Date.parse(text));
const isWord = (text: unknown): text is string =>
  typeof text === 'string' && text !== '' && text.length <= 200;
const isUuid = (text: string) => /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

/** What of an address fits; the rest is as if it were not said. */
export function readSearch(search: Readonly<Record<string, unknown>>): LedgerSearch {
  const { call, status, span, from, until } = search;
  const words = DIMENSIONS.flatMap((name): [string, string][] => {
    // The router reads a word that looks like a number as one.
    const said = typeof search[name] === 'number' ? String(search[name]) : search[name];
    return isWord(said) && (name !== 'key' || isUuid(said)) ? [[name, said]] : [];
  });
  return {
    ...Object.fromEntries(words),
    ...(isWord(call) ? { call } : {}),
    ...(STATES.includes(status as never) ? { status: status as (typeof STATES)[number] } : {}),
    ...(SPAN_NAMES.includes(span as never) ? { span: span as Span } : {}),
    ...(isDay(from) && isDay(until) && from < until ? { from, until } : {}),
  };
}

const startOf = (day: string) => new Date(`${day}T00:00`).toISOString();

/** The instants that an address means; of a span to the minute, so that they are the same for some time. */
export function timesOf({ span, from, until }: LedgerSearch): {
  readonly from?: string;
  readonly until?: string;
} {
  if (from !== undefined && until !== undefined) return { from: startOf(from), until: startOf(until) };
  return span === undefined ? {} : { from: sinceOf(span) };
}
