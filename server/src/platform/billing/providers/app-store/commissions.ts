/** Percent, of what a subscriber pays past their first year, and of all in the programs for small businesses. */
const REDUCED = 15;

interface Terms {
  /** For purchases from this instant on. */
  readonly since: number;
  /** Percent of the price without tax. */
  readonly standard: number;
  readonly reduced: number;
}

/**
 * Storefronts at which Apple keeps less than elsewhere, as of November 2026, and from when on:
 * China by https://developer.apple.com/news/ of 12 March 2026; Japan's 21 or 10 % with the 5 % of Apple's own payments, for everybody
 * since the agreement of 17 March 2026: https://developer.apple.com/support/app-distribution-in-japan
 */
const OF_STOREFRONTS: Readonly<Record<string, Terms>> = {
  CHN: { since: Date.UTC(2026, 2, 15), standard: 25, reduced: 12 },
  JPN: { since: Date.UTC(2026, 2, 17), standard: 26, reduced: 15 },
};

interface Paid {
  /** ISO 3166-1 alpha-3, as Apple names a storefront. */
  readonly storefront: string | undefined;
  readonly at: Date;
  /** By a subscriber who has paid for a year. */
  readonly isPastYear: boolean;
}

/** Percent of a price that Apple keeps. `agreed`: what it keeps of yours elsewhere, 30 or 15; it never keeps more than that. */
export function commissionOf({ storefront, at, isPastYear }: Paid, agreed: number): number {
  const known =
    storefront !== undefined && Object.hasOwn(OF_STOREFRONTS, storefront)
      ? OF_STOREFRONTS[storefront]
      : undefined;
  const { standard, reduced } =
    known !== undefined && at.getTime() >= known.since ? known : { standard: agreed, reduced: REDUCED };
  return Math.min(agreed, isPastYear || agreed <= REDUCED ? reduced : standard);
}
