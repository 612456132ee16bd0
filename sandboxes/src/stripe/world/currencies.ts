/** Currencies without cents, and those of thousandths, as Stripe counts them. */
const WHOLE = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const THOUSANDTHS = 'bhd jod kwd omr tnd'.split(' ');

/** How many minor units one unit of a currency has. */
export function minorUnits(currency: string): number {
  if (WHOLE.includes(currency)) return 1;
  return THOUSANDTHS.includes(currency) ? 1_000 : 100;
}
