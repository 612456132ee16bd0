import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Brand, brandFooter, brandHeader, brandIcon } from './brand.ts';
import { escapeHtml } from './escape-html.ts';

const PAGE = Symbol('page');

export interface HtmlPage {
  readonly title: string;
  /** HTML, below the title; of a brand, where that is part of it. */
  readonly content: string | ((brand: Brand) => string);
  /** Its program, with a `<p role="status">` below the content to say so in; a page to read alone has none. */
  readonly script?: string;
  /** Rules of its own, beside those of all pages. */
  readonly style?: string;
  /** The product whose brand it bears, where its route is not that product's. */
  readonly product?: string | undefined;
  /** Whether search engines may list it. */
  readonly isListed?: boolean;
  /** Whether it has forms, which this server takes. */
  readonly hasForms?: boolean;
  /** Headers of its answer, beside those of all pages. */
  readonly headers?: Readonly<Record<string, string>>;
}

const file = (name: string) => readFileSync(new URL(`./html/${name}`, import.meta.url), 'utf8');
const [LAYOUT, STYLE] = [file('page.html'), file('page.css')];
const STATUS =
  '<p role="status"></p>\n<noscript><p>This page needs JavaScript, to call this server.</p></noscript>';
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** A page for people, for a route with `page`: the server renders it in the brand of its product. */
export const htmlPage = (page: HtmlPage): HtmlPage => ({ ...page, [PAGE]: true }) as HtmlPage;

export const isHtmlPage = (value: unknown): value is HtmlPage =>
  typeof value === 'object' && value !== null && PAGE in value;

/**
 * Renders a page in a brand. It loads nothing from elsewhere and runs its own script alone; it calls this server alone, and
 * stands in no frame.
 */
export function renderPage(
  { title, content, script, style = '', isListed = false, hasForms = false, headers }: HtmlPage,
  brand: Brand,
): { readonly html: string; readonly headers: Readonly<Record<string, string>> } {
  const css = `${STYLE}${style}:root{--accent:${brand.accent};--accent-text:${brand.accentText}}`;
  const scripted = script === undefined ? {} : { status: STATUS, program: `<script>${script}</script>` };
  const footer = brandFooter(brand);
  const parts: Readonly<Record<string, string>> = {
    robots: isListed ? 'all' : 'noindex',
    title: escapeHtml(title),
    name: escapeHtml(brand.name),
    icon: escapeHtml(brandIcon(brand)),
    header: brandHeader(brand),
    content: typeof content === 'string' ? content : content(brand),
    style: css,
    footer: footer === '' ? '' : `<footer>${footer}</footer>`,
    ...scripted,
  };
  const html = LAYOUT.replace(/\{\{(\w+)\}\}/g, (_place, name: string) => parts[name] ?? '');
  const policy = [
    "default-src 'none'",
    "img-src 'self' data:",
    `style-src ${hashOf(css)}`,
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`, "connect-src 'self'"]),
    `form-action ${hasForms ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  // A browser that is to name no referrer does not say either which page has sent a form.
  const referrer = hasForms ? { 'referrer-policy': 'same-origin' } : {};
  return { html, headers: { 'content-security-policy': policy, ...referrer, ...headers } };
}
