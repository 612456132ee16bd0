/** Currencies without cents, and those of thousandths, as Stripe counts them. */
const WHOLE = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const THOUSANDTHS = 'bhd jod kwd omr tnd'.split(' ');
/** Have no cents any more, and are still charged in them. */
const FORMERLY_CENTS = ['isk', 'ugx'];

/** How many minor units one unit of a currency has. */
export function minorUnits(currency: string): number {
  if (WHOLE.includes(currency)) return 1;
  return THOUSANDTHS.includes(currency) ? 1_000 : 100;
}

/** What each amount of a currency is a multiple of, in minor units. */
export function smallestStep(currency: string): number {
  if (THOUSANDTHS.includes(currency)) return 10;
  return FORMERLY_CENTS.includes(currency) ? 100 : 1;
}
