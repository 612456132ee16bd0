/** What the page's address says of what it shows. */
export interface PlanSearch {
  /** The product that is opened. */
  readonly product?: string;
  readonly cycle?: 'monthly' | 'yearly';
  readonly currency?: string;
  readonly seats?: number;
  /** The plan whose change is looked at before it is made. */
  readonly to?: string;
  /** The plan or add-on that was paid for, and the account that it is for: where one comes back from the provider's page. */
  readonly bought?: string;
  readonly account?: string;
  /** The provider's page was closed before it was paid. */
  readonly closed?: boolean;
  /** The page of the console that led here, and that one goes back to. */
  readonly back?: string;
}

export function readPlanSearch(search: Readonly<Record<string, unknown>>): PlanSearch {
  const { product, cycle, currency, seats, to, bought, account, closed, back } = search;
  const text = { product, currency, to, bought, account };
  return {
    ...Object.fromEntries(Object.entries(text).filter(([, value]) => typeof value === 'string')),
    ...(cycle === 'yearly' || cycle === 'monthly' ? { cycle } : {}),
    ...(typeof seats === 'number' && Number.isInteger(seats) && seats > 0 ? { seats } : {}),
    ...(closed === true ? { closed } : {}),
    // A path of this console alone: with two slashes it would be another host.
    ...(typeof back === 'string' && /^\/(?![/\\])/.test(back) ? { back } : {}),
  };
}
