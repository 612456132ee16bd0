import { escapeHtml, type HtmlPage, htmlPage } from '#platform/http';
import { readFileSync } from 'node:fs';
import { PORTAL } from './sessions.ts';

const STYLE = readFileSync(new URL('./portal.css', import.meta.url), 'utf8');

/** Facts that each page of a visit has. */
export interface PageContext {
  readonly product: string;
  readonly returnUrl: string;
  readonly formToken: string;
}

/** A page of the portal, in the brand of the product. */
export const pageOf = (
  { product }: Pick<PageContext, 'product'>,
  page: Pick<HtmlPage, 'title' | 'content' | 'headers'>,
): HtmlPage => htmlPage({ ...page, product, style: STYLE, hasForms: true });

/** A form of one button. */
export function buttonForm(
  { formToken }: Pick<PageContext, 'formToken'>,
  fields: Readonly<Record<string, string>>,
  button: string,
): string {
  const hidden = Object.entries({ token: formToken, ...fields })
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join('');
  return `<form method="post" action="${PORTAL}">${hidden}${button}</form>`;
}

/** `1 December 2026`, as UTC has it. */
export const dateOf = (instant: string): string => DATES.format(new Date(instant));
const DATES = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
