import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import GithubSlugger from 'github-slugger';
import { Marked, type Tokens } from 'marked';
import { teamConfig } from '#platform/config';
import { products } from '#products';
import { docsPage } from './page.ts';

const FOLDER = new URL('../../../../docs/', import.meta.url);

const team = teamConfig();
/** A team's products have theirs in the team's repository. */
const FOLDERS = team === undefined ? [FOLDER] : [pathToFileURL(`${dirname(team)}/docs/`), FOLDER];

/** The page of each product that has one: its file, by the product's name. */
const PAGES = new Map(
  products.flatMap(({ key }) => {
    const file = FOLDERS.map((folder) => new URL(`${key}.md`, folder)).find((one) => existsSync(one));
    return file === undefined ? [] : [[key, file]];
  }),
);
const OF_PRODUCTS = Object.fromEntries(
  products.flatMap(({ key, catalogue }) => (PAGES.has(key) ? [[key, catalogue.name]] : [])),
);

/** Guides for readers who call the API, in this order; each is `docs/NAME.md`. */
export const GUIDES: Readonly<Record<string, string>> = {
  'quick-start': 'Quick start',
  tutorial: 'Tutorial',
  backend: 'Add Plinth to your backend',
  customers: 'Own ids',
  'plans-file': 'Plans as a file',
  portal: 'Pages for your customers',
  brand: 'Your name and colours',
  'sell-credits': 'Sell credits',
  'cap-spend': 'Cap what one user may spend',
  'usage-to-billing': 'Send usage to your billing',
  import: 'Import',
  gdpr: 'GDPR',
  errors: 'Errors',
  ...OF_PRODUCTS,
  'license-client': 'Programs under a licence',
  limits: 'Limits and the ledger',
  permits: 'Permits',
  failures: 'When calls fail',
  providers: 'Providers of models',
  safety: 'Safety',
  jobs: 'Jobs',
  blobs: 'Files',
  billing: 'Billing',
  'app-store': 'Purchases in the App Store',
  'google-play': 'Purchases at Google Play',
  webhooks: 'Webhooks and alerts',
  reports: 'Reports',
  identity: 'Identity',
  'sign-in': 'Signing in by a provider',
  mfa: 'Second factors',
  sso: 'Single sign-on',
  organizations: 'Organizations',
  keys: 'Keys',
  erasure: 'Erasure and export',
  sdk: 'The client',
};

/** Guides that are made from the code, and lie elsewhere. */
const GENERATED: Readonly<Record<string, string>> = {
  // With the codes of a clone's own products, where they have any.
  errors:
    ['generated/own/errors.md', 'generated/errors.md'].find((path) => existsSync(new URL(path, FOLDER))) ??
    '',
};

/** Guides are files of one version of the program: each is rendered once. */
const rendered = new Map<string, string>();

/** The page of a guide, or the list of all of them where none is named; undefined where there is no such guide. */
export function guidePage(name: string | undefined): string | undefined {
  if (name !== undefined && !Object.hasOwn(GUIDES, name)) return undefined;
  const key = name ?? '';
  const page = rendered.get(key) ?? layout(name);
  rendered.set(key, page);
  return page;
}

function layout(name: string | undefined): string {
  const links = Object.entries(GUIDES).map(
    ([one, title]) =>
      `<li><a href="/docs/guides/${one}"${one === name ? ' aria-current="page"' : ''}>${title}</a></li>`,
  );
  const list = `<ul>\n${links.join('\n')}\n</ul>`;
  const main =
    name === undefined
      ? `<h1>Guides</h1>\n<p>What the calls of the <a href="/docs">reference</a> have in common, by subject.</p>\n${list}`
      : htmlOf(name);
  const content = `<div class="guides">\n<nav aria-label="Guides">\n${list}\n</nav>\n<main>\n${main}\n</main>\n</div>`;
  return docsPage(GUIDES[name ?? ''] ?? 'Guides', { content });
}

function htmlOf(name: string): string {
  const slugger = new GithubSlugger();
  const path = GENERATED[name] ?? `${name}.md`;
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading): string {
        return `<h${depth} id="${slugger.slug(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      // Each code has its own place, which errors name.
      tablecell({ header, align, text, tokens }: Tokens.TableCell): string {
        const code = name === 'errors' ? /^`([\w.]+)`$/.exec(text)?.[1] : undefined;
        const tag = header ? 'th' : 'td';
        const attributes = `${align === null ? '' : ` align="${align}"`}${code === undefined ? '' : ` id="${code}"`}`;
        return `<${tag}${attributes}>${this.parser.parseInline(tokens)}</${tag}>\n`;
      },
      link({ href, tokens }: Tokens.Link): string {
        const label = this.parser.parseInline(tokens);
        const target = targetOf(href, path);
        return target === undefined ? label : `<a href="${target}">${label}</a>`;
      },
    },
  });
  return marked.parse(readFileSync(PAGES.get(name) ?? new URL(path, FOLDER), 'utf8'), { async: false });
}

/** Where a link of a guide leads on this server; undefined for a file of the repository that is no guide. */
function targetOf(href: string, from: string): string | undefined {
  if (/^(?:https?:|#)/.test(href)) return href;
  const { pathname, hash } = new URL(href, `docs:/${from}`);
  if (pathname === '/generated/api.txt') return '/docs';
  const name = Object.keys(GUIDES).find((one) => pathname === `/${GENERATED[one] ?? `${one}.md`}`);
  return name === undefined ? undefined : `/docs/guides/${name}${hash}`;
}
