import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ROOT } from '@plinth/testkit/house/source';
import { beforeAll, expect, test } from 'vitest';
import { buildSite } from '../../site/build.ts';
import { readManifest } from '../../scripts/pack/manifest.ts';

const DIST = join(ROOT, 'site/dist');
const PATIENCE = 300_000;
beforeAll(buildSite, PATIENCE);

/** Texts of the pages by their addresses. */
const readPages = () =>
  new Map(
    globSync('**/*.html', { cwd: DIST })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => !['404.html', 'own.html', 'reference.html'].includes(name))
      .map((name) => [
        `/docs/${name.replace(/(?:index)?\.html$/, '')}`,
        readFileSync(join(DIST, name), 'utf8'),
      ]),
  );

test('every page of docs is on the site, and in its list of pages', () => {
  const pages = readPages();
  const files = globSync('docs/*.md', { cwd: ROOT }).map((path) => posix.basename(path, '.md'));
  const names = files.filter((name) => name !== 'README').map((name) => `/docs/guides/${name}`);
  expect(names.filter((name) => !pages.has(name))).toEqual([]);
  const home = pages.get('/docs/') ?? '';
  expect([...pages.keys()].filter((name) => !home.includes(`href="${name}"`))).toEqual([
    '/docs/reference/access',
    '/docs/reference/commit-points',
  ]);
});

test('no link leads to a page or an anchor that is not there', () => {
  const pages = readPages();
  const links = [...pages].flatMap(([page, text]) =>
    [...text.matchAll(/<a [^>]*?href="([^"]*)"/g)].map(([, href = '']) => ({ page, href })),
  );
  const dead = links.filter(({ page, href }) => {
    const { origin, pathname, hash } = new URL(href, `http://docs${page}`);
    if (origin !== 'http://docs' || pathname === '/docs/reference') return false;
    const text = pages.get(pathname);
    const anchor = decodeURIComponent(hash.slice(1));
    return text === undefined || (anchor !== '' && !text.includes(`id="${anchor}"`));
  });
  expect(dead).toEqual([]);
  expect(links.length).toBeGreaterThan(5_000);
});

test('the packages of a server have none of those that build it', () => {
  const { dependencies = {} } = readManifest('site/package.json');
  const server = readManifest('server/package.json').dependencies ?? {};
  expect(Object.keys(dependencies).filter((name) => name in server)).toEqual(['fastify', 'github-slugger']);
});
