import { readFileSync } from 'node:fs';
import { type HtmlPage, htmlPage } from '#platform/http';
import { UNUSUAL_DIGITS } from '#platform/kernel';
import type { PriceList } from '../price-list.ts';
import { offerOf, PRICE_STYLE } from '../price-page.ts';

const PROGRAM = readFileSync(new URL('./checkout-link-page.js', import.meta.url), 'utf8');

/** The page behind a checkout link, with the plan or pack that it sells; without one that is on sale it has its button alone. */
export function checkoutLinkPage(prices: PriceList, sold: string): HtmlPage {
  const offer = offerOf(prices, sold);
  return htmlPage({
    title: offer === undefined ? 'Get a bigger plan' : `Get ${offer.name}`,
    style: `${PRICE_STYLE}\nheader, main, footer { max-width: 28rem; }`,
    ...(offer === undefined ? {} : { product: offer.product }),
    content: `${offer?.html ?? ''}\n<form method="post">\n<button>Go on to the payment</button>\n</form>`,
    script: `const UNUSUAL_DIGITS = ${JSON.stringify(UNUSUAL_DIGITS)};\n${PROGRAM}`,
  });
}
