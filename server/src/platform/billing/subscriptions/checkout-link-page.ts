import { readFileSync } from 'node:fs';
import { htmlPage } from '#platform/http';
import { UNUSUAL_DIGITS } from '#platform/kernel';

const PROGRAM = readFileSync(new URL('./checkout-link-page.js', import.meta.url), 'utf8');

/** The page behind a checkout link. */
export const checkoutLinkPage = htmlPage({
  title: 'Get a bigger plan',
  content: '<form method="post">\n<button>Go on to the payment</button>\n</form>',
  script: `const UNUSUAL_DIGITS = ${JSON.stringify(UNUSUAL_DIGITS)};\n${PROGRAM}`,
});
