import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import GithubSlugger from 'github-slugger';
import { expect, test } from 'vitest';
import { CALLS } from '../../server/src/main/made.ts';
import { ROOT } from '@plinth/testkit/house/source';

/** The pages that people read on their own, as files of the checkout. */
const inFolder = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
const guides = inFolder('docs');
const packages = globSync('{*,products/*}/package.json', { cwd: ROOT }).map((path) => dirname(path));
const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'deploy/README.md',
  ...packages.map((folder) => `${folder}/README.md`),
  ...guides,
  ...inFolder('docs/decisions'),
];

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** A page without what stands in code, where brackets are no links. */
const prose = (path: string) =>
  read(path)
    .replace(/^ *```[^]*?^ *```$/gm, '')
    .replace(/`[^`\n]*`/g, '');

const MADE: ReadonlySet<string> = new Set([...Object.values(CALLS), 'docs/generated/schema.sql']);

/** The ids of a page's headings, as GitHub makes them. */
function placesIn(path: string): Set<string> {
  const slugger = new GithubSlugger();
  const headings = [
    ...read(path)
      .replace(/^ *```[^]*?^ *```$/gm, '')
      .matchAll(/^#{1,6} +(.+)$/gm),
  ];
  return new Set(headings.map(([, heading = '']) => slugger.slug(heading.replaceAll('`', ''))));
}

test('no page links to a file or a heading that is not there', () => {
  const links = PAGES.flatMap((page) =>
    [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, href = '']) => ({ page, href })),
  ).filter(({ href }) => !/^\w+:/.test(href));
  const dead = links.filter(({ page, href }) => {
    const [path = '', place] = href.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    // On the web a page has those files beside it that Git keeps.
    if (!existsSync(join(ROOT, target)) || MADE.has(target)) return true;
    return place !== undefined && target.endsWith('.md') && !placesIn(target).has(place);
  });
  expect(dead).toEqual([]);
  expect(links.length).toBeGreaterThan(200);
});

test('no page holds what Git leaves where a merge was not ended', () => {
  expect(PAGES.filter((page) => /^(?:<{7}|>{7}) /m.test(read(page)))).toEqual([]);
});

test('no blank line breaks a table in two', () => {
  const broken = PAGES.filter((page) => /^\|.*\n\n\|.*\n(?!\|[-| :]+\|$)/m.test(prose(page)));
  expect(broken).toEqual([]);
});

test('every page of docs is found from docs/README.md', () => {
  const index = read('docs/README.md');
  const pages = guides.map((page) => page.replace('docs/', '')).filter((page) => page !== 'README.md');
  expect(pages.filter((page) => !index.includes(`](${page})`))).toEqual([]);
});

test('ARCHITECTURE.md says what is in each folder of identity, accounts and the server', () => {
  const [, inside = ''] = read('ARCHITECTURE.md').split('### Inside identity, accounts and the server');
  const folders = [
    'server/src/platform/people/identity',
    'server/src/platform/people/accounts',
    'server/src/server',
  ].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory()),
  );
  // Those that every module has: the text above says what they are.
  const own = folders.map(({ name }) => name).filter((name) => !['migrations', 'functions'].includes(name));
  expect(own.filter((name) => !inside.includes(` ${name}/`))).toEqual([]);
  expect(own.length).toBeGreaterThan(15);
});

test.each(packages)('%s/README.md says what lies where, and how it is tested', (folder) => {
  const page = read(`${folder}/README.md`);
  const [, rows = ''] = /^\| here \| is \|\n\|---\|---\|\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const named = [...rows.matchAll(/^\| (.*?) \|/gm)]
    .flatMap(([, places = '']) => [...places.matchAll(/`([^`]+)`/g)])
    .flatMap(([, paths = '']) => paths.split(', '));
  expect(named.filter((path) => !existsSync(join(ROOT, folder, path)))).toEqual([]);
  expect(named.length).toBeGreaterThan(1);
  expect(page).toMatch(/^```sh\n(?:.*\n)*?npm test -/m);
});
