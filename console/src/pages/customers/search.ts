/** What the page's address says of what it shows. */
export interface CustomerSearch {
  readonly q?: string;
  readonly account?: string;
}

export function readCustomerSearch({ q, account }: Readonly<Record<string, unknown>>): CustomerSearch {
  return {
    ...(typeof q === 'string' ? { q } : {}),
    ...(typeof account === 'string' ? { account } : {}),
  };
}
