export const STATES = ['posted', 'sent', 'pending', 'voided'] as const;
export const SPANS = { day: 1, week: 7, month: 31 } as const;

/** What the page's address says of what it shows. */
export interface LedgerSearch {
  readonly call?: string;
  readonly status?: (typeof STATES)[number];
  readonly span?: keyof typeof SPANS;
}

export function readSearch(search: Readonly<Record<string, unknown>>): LedgerSearch {
  const { call, status, span } = search;
  return {
    ...(typeof call === 'string' ? { call } : {}),
    ...(STATES.includes(status as never) ? { status: status as (typeof STATES)[number] } : {}),
    ...(typeof span === 'string' && span in SPANS ? { span: span as keyof typeof SPANS } : {}),
  };
}
