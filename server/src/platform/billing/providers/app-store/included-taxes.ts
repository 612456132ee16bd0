/**
 * Part of a price in the App Store that is tax which Apple pays over, by storefront: percent on the price without it, the usual rate of electronic
 * services as of January 2026. Apple tells no tax of a transaction, and its commission is of the price without it:
 * https://developer.apple.com/help/app-store-connect/reference/pricing-and-availability/app-store-pricing-and-tax-categories
 * Not here: storefronts whose prices are without tax (United States, Canada), and where Apple pays none over.
 */
const PERCENT: Readonly<Record<string, number>> = {
  ARE: 5,
  AUS: 10,
  AUT: 20,
  BEL: 21,
  BGR: 20,
  BHR: 10,
  CHE: 8.1,
  CHL: 19,
  COL: 19,
  CYP: 19,
  CZE: 21,
  DEU: 19,
  DNK: 25,
  ESP: 21,
  EST: 24,
  FIN: 25.5,
  FRA: 20,
  GBR: 20,
  GRC: 24,
  HRV: 25,
  HUN: 27,
  IND: 18,
  IRL: 23,
  ISL: 24,
  ITA: 22,
  JPN: 10,
  KOR: 10,
  LTU: 21,
  LUX: 17,
  LVA: 21,
  MEX: 16,
  MLT: 18,
  MYS: 8,
  NLD: 21,
  NOR: 25,
  NZL: 15,
  POL: 23,
  PRT: 23,
  ROU: 21,
  SAU: 15,
  SGP: 9,
  SVK: 23,
  SVN: 22,
  SWE: 25,
  THA: 7,
  TUR: 20,
  TWN: 5,
  ZAF: 15,
};

/** The tax in an amount that a customer paid, in the same units; 0 where the storefront is not known. */
export function includedTax(amount: number, storefront: string | undefined): number {
  const percent = PERCENT[storefront ?? ''] ?? 0;
  return amount - Math.round((amount * 100) / (100 + percent));
}
