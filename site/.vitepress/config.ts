import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { slug } from 'github-slugger';
import { defineConfig, type DefaultTheme, type MarkdownOptions } from 'vitepress';
import { BRAND } from './brand.ts';

const ROOT = join(import.meta.dirname, '../..');
const INDEX = 'docs/README.md';

/** No page of VitePress: the address is whole, and a click loads it. */
const REFERENCE = '/docs/reference';

/** Where a page of the repository is on the site. */
const PLACES: readonly (readonly [pattern: RegExp, place: string])[] = [
  [/^docs\/README\.md$/, 'index.md'],
  [/^docs\/generated\/errors\.md$/, 'guides/errors.md'],
  [/^docs\/generated\/([\w-]+)\.md$/, 'reference/$1.md'],
  [/^deploy\/README\.md$/, 'guides/deploy.md'],
  [/^(?:docs|deploy)\/([\w-]+)\.md$/, 'guides/$1.md'],
  [/^site\/([\w-]+)\.md$/, '$1.md'],
];

function placeOf(path: string): string | undefined {
  const found = PLACES.find(([pattern]) => pattern.test(path));
  return found === undefined ? undefined : path.replace(...found);
}

const [, ...GROUPS] = readFileSync(join(ROOT, INDEX), 'utf8').split(/^## /m);
const LISTED = /^- \[([^\]]+)\]\(([\w./-]+\.(?:md|txt))\)/gm;

/** Short titles of pages by their paths, as docs/README.md has them. */
const TITLES = new Map(
  GROUPS.flatMap((group) => [...group.matchAll(LISTED)]).map(([, title = '', href = '']) => [
    posix.join('docs', href),
    title,
  ]),
);

/** The groups of docs/README.md, and the pages that each lists. */
const sidebar: DefaultTheme.SidebarItem[] = GROUPS.map((group) => ({
  text: group.slice(0, group.indexOf('\n')),
  items: [...group.matchAll(LISTED)].flatMap(([, text = '', href = '']) => {
    const link = siteLink(href, INDEX);
    return link === undefined ? [] : [{ text, link }];
  }),
}));

/** The address of a page or anchor on the site; undefined for a file that the site does not have. */
function siteLink(href: string, from: string): string | undefined {
  const [path = '', hash] = href.split('#');
  const anchor = hash === undefined ? '' : `#${hash}`;
  if (path === '') return anchor;
  const target = posix.join(posix.dirname(from), path);
  if (target === 'docs/generated/api.txt') return '/reference/calls';
  const place = target === 'docs/generated' ? 'reference/config.md' : placeOf(target);
  return place === undefined || !existsSync(join(ROOT, target))
    ? undefined
    : `/${place.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}${anchor}`;
}

/** Pages are Markdown as GitHub shows it: no HTML, no components, links between files. */
const markdown: MarkdownOptions = {
  html: false,
  anchor: { slugify: slug },
  theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  config(md) {
    md.core.ruler.push('links between files', ({ tokens, env }) => {
      const { realPath, path = '' } = env as { readonly realPath?: string; readonly path?: string };
      const from = posix.relative(ROOT, realPath ?? path);
      for (const { children } of tokens)
        (children ?? []).forEach((token, at, all) => relink(token, from, all[at + 1]));
      // A head without a text heads nothing.
      for (const [index, { type }] of tokens.entries())
        if (type === 'th_open' && tokens[index + 1]?.content === '')
          for (const token of tokens.slice(index, index + 3))
            token.tag = token.tag === 'th' ? 'td' : token.tag;
      if (from.startsWith('docs/generated/')) nameRows(tokens);
    });
    // No text of a page is a program for Vue.
    const render = md.renderer.render.bind(md.renderer);
    md.renderer.render = (...args) => `<div v-pre>${render(...args)}</div>`;
  },
};

type Token = Parameters<
  NonNullable<Parameters<NonNullable<MarkdownOptions['config']>>[0]['renderer']['rules']['text']>
>[0][number];

/** Leads a link to its page, under the page's title where its text is the name of the file. */
function relink(token: Token, from: string, label: Token | undefined): void {
  if (token.type === 'image' && !existsSync(join(ROOT, dirname(from), token.attrGet('src') ?? ''))) {
    token.type = 'text';
    token.children = null;
  }
  if (token.type !== 'link_open') return;
  const href = token.attrGet('href') ?? '';
  if (href.startsWith(REFERENCE)) token.attrSet('target', '_self');
  if (/^\w+:|^\/docs\//.test(href)) return;
  const link = siteLink(href, from);
  // The file is not on the site: its name is a text.
  if (link === undefined) token.attrs = [];
  else token.attrSet('href', link);
  const title = TITLES.get(posix.join(posix.dirname(from), href.replace(/#.*/, '')));
  if (label?.type === 'text' && /^[\w./-]+\.md$/.test(label.content) && title !== undefined)
    label.content = title;
}

/** Each row of a generated table is named by what it begins with, as errors name the row of their code. */
function nameRows(tokens: readonly Token[]): void {
  tokens.forEach((token, index) => {
    const name = /^`([\w.]+)`$/.exec(tokens[index + 1]?.content ?? '')?.[1];
    if (token.type === 'td_open' && tokens[index - 1]?.type === 'tr_open' && name !== undefined)
      token.attrSet('id', name);
  });
}

const UNSEARCHED = /\/(?:docs\/README|docs\/generated\/(?:access|commit-points)|site\/own)\.md$/;
const SCRIPT = /<script id="check-[\w-]+">.*?<\/script>/gs;

export default defineConfig({
  srcDir: ROOT,
  srcExclude: [
    '!(docs|deploy|site)/**',
    '*.md',
    'docs/{decisions,examples,console}/**',
    'deploy/*/**',
    'site/README.md',
  ],
  rewrites: (path) => placeOf(path) ?? path,
  cacheDir: join(ROOT, '.cache/site'),
  outDir: join(ROOT, 'site/dist'),
  base: '/docs/',
  cleanUrls: true,
  metaChunk: true,
  title: BRAND,
  description: 'Accounts, plans, limits, AI calls, jobs, a usage ledger and billing for paid AI products.',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown,
  vite: { publicDir: join(ROOT, 'site/public'), build: { chunkSizeWarningLimit: 4_000 } },
  // The server's policy allows scripts of files alone.
  transformHtml: (html) =>
    html.replace(SCRIPT, '').replace('</title>', '</title>\n<script src="/docs/appearance.js"></script>'),
  themeConfig: {
    nav: [
      { text: 'Guides', link: '/guides/quick-start', activeMatch: '/guides/' },
      { text: 'API reference', link: '/reference', target: '_self' },
      { text: 'Errors', link: '/guides/errors' },
    ],
    sidebar,
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        // Lists of everything match everything.
        _render: (source, env, md) => (UNSEARCHED.test(env.path) ? '' : md.render(source, env)),
      },
    },
    docFooter: { prev: false, next: false },
  },
});
