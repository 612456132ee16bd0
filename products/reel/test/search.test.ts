import { beforeAll, describe, expect, it } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { type Asset, libraryFixture } from './library.ts';

const { call, creator, save, list, change } = await libraryFixture();
const PLATFORM = { platform: 'x' };

async function library(...assets: readonly object[]): Promise<Customer> {
  const { by } = await creator();
  for (const asset of assets) await save(by, { ...PLATFORM, hook: 'x', body: 'x', ...asset });
  return by;
}

/** The titles of what is found, the best first; an asset of these tests has one. */
async function searchTitles(by: Customer, q: string, more = ''): Promise<string[]> {
  return (await list(by, `q=${encodeURIComponent(q)}${more}`)).map(({ title }) => title ?? '');
}

describe('a search', () => {
  let by: Customer;
  beforeAll(async () => {
    by = await library(
      { title: 'german', language: 'de', body: 'Alte Häuser gingen an neue Eigentümer.' },
      { title: 'austrian', language: 'de-AT', hook: 'HÄUSERN gehört die Zukunft' },
      { title: 'english', language: 'en', body: 'He goes running with his running shoes.' },
      { title: 'british', language: 'en-GB', body: 'A run through town.' },
      { title: 'french', language: 'fr', body: 'Les maisons anciennes.' },
      { title: 'japanese', language: 'ja', body: '日本語 の テスト', hashtags: ['#東京'] },
      { title: 'klingon', language: 'tlh', body: 'running houses' },
      { title: 'turkish', language: 'tr', body: 'İstanbul evleri' },
      { title: 'decomposed', language: 'de', body: 'Vo\u0308gel' },
    );
  });

  it.each([
    ['Haus', ['austrian', 'german']],
    ['Häusern', ['austrian', 'german']],
    ['haus alt', ['german']],
    ['runs', ['english', 'british']],
    ['running', ['english', 'klingon', 'british']],
    ['maison', ['french']],
    ['Vogel', ['decomposed']],
    ['Vo\u0308gel', ['decomposed']],
    ['Vögel', ['decomposed']],
    ['ev', ['turkish']],
    ['日本語', ['japanese']],
    ['東京', ['japanese']],
    ['#東京', ['japanese']],
    // Nothing is known of this language, so that a word is found as it is.
    ['house', []],
    ['houses', ['klingon']],
    // A stop word says nothing in its language, and is a word in others.
    ['his', []],
    ['a', []],
    ['the OR', []],
  ])('for %j finds each asset by the stemming of its own language', async (q, titles) => {
    expect((await searchTitles(by, q)).toSorted()).toEqual(titles.toSorted());
  });

  it('takes a word that two languages share for what it is in each', async () => {
    const shared = await library(
      { title: 'en', language: 'en', body: 'Many gifts for you' },
      { title: 'de', language: 'de', body: 'Viele Gifte im Boden' },
    );
    expect((await searchTitles(shared, 'Gift')).toSorted()).toEqual(['de', 'en']);
    expect(await searchTitles(shared, 'gifted')).toEqual(['en']);
    expect(await searchTitles(shared, 'Giften')).toEqual(['de']);
    // A word that excludes in one language excludes nothing in another.
    expect(await searchTitles(shared, 'Gift -gifted')).toEqual(['de']);
    expect(await searchTitles(shared, 'Gift -Boden')).toEqual(['en']);
  });

  it('ranks title and hook before the body, and that before the rest', async () => {
    const ranked = await library(
      { title: 'tagged', tags: ['garden'] },
      { title: 'written', body: 'in my garden' },
      { title: 'A garden', body: 'x' },
      { title: 'hashtag', hashtags: ['#Garden'] },
      { title: 'asks', cta: 'Show your gardens' },
    );
    const titles = await searchTitles(ranked, 'garden');
    expect(titles.slice(0, 2)).toEqual(['A garden', 'written']);
    expect(titles.slice(2).toSorted()).toEqual(['asks', 'hashtag', 'tagged']);
  });

  it('takes phrases, alternatives and exclusions', async () => {
    const posts = await library(
      { title: 'one', body: 'small teams ship fast' },
      { title: 'two', body: 'teams of small people' },
      { title: 'three', body: 'nothing of it' },
    );
    expect(await searchTitles(posts, '"small teams"')).toEqual(['one']);
    expect((await searchTitles(posts, 'ship or nothing')).toSorted()).toEqual(['one', 'three']);
    expect(await searchTitles(posts, 'small -ship')).toEqual(['two']);
    expect((await searchTitles(posts, 'team -"small teams"')).toSorted()).toEqual(['two']);
    expect(await searchTitles(posts, '-small')).toEqual(['three']);
  });

  it('goes with every filter', async () => {
    const posts = await library(
      { title: 'x', body: 'word', tags: ['a', 'b'] },
      { title: 'tiktok', platform: 'tiktok', body: 'word', tags: ['b'] },
      { title: 'draft', body: 'word', status: 'draft', tags: ['a'] },
    );
    expect((await searchTitles(posts, 'word', '&platform=x')).toSorted()).toEqual(['draft', 'x']);
    expect(await searchTitles(posts, 'word', '&platform=x&status=ready')).toEqual(['x']);
    expect(await searchTitles(posts, 'word', '&tags=A,%20b')).toEqual(['x']);
    expect(await searchTitles(posts, 'word', '&tags=b&platform=tiktok')).toEqual(['tiktok']);
    expect(await searchTitles(posts, 'word', '&deleted=true')).toEqual([]);
  });

  it('finds what an asset says now, and no longer what it said', async () => {
    const { by: editor } = await creator();
    const asset = await save(editor, { ...PLATFORM, hook: 'morning', body: 'x', tags: ['old'] });
    await change(editor, asset, { hook: 'evening', tags: ['new'] });
    expect(await list(editor, 'q=morning')).toEqual([]);
    expect(await list(editor, 'q=old')).toEqual([]);
    expect(await list(editor, 'tags=old')).toEqual([]);
    expect((await list(editor, 'q=evening&tags=new')).map(({ id }) => id)).toEqual([asset.id]);
  });

  it.each([
    '"',
    '-',
    '- - -',
    '""" or or -"',
    '!&|()<->:*',
    "'; drop table reel.assets; --",
    '\\',
    '💩',
    '<b>x</b>',
    'a:b:c',
    'http://user@host:80/path?x=1#y',
    '%',
    'or'.repeat(90),
    '-'.repeat(200),
    '-& '.repeat(66),
    '-"'.repeat(100),
    '-a '.repeat(66),
    '"a b" '.repeat(33),
    '\u202e\u0301\u0300',
  ])('for %j is a search like any other', async (q) => {
    const { status, body } = await call(by.key, `GET /v1/library/assets?q=${encodeURIComponent(q)}`);
    expect([status, body['next_cursor']]).toEqual([200, null]);
  });

  it.each(['', ' ', 'x'.repeat(201), 'a\u0000b'])('for %j is refused', async (q) => {
    const { status } = await call(by.key, `GET /v1/library/assets?q=${encodeURIComponent(q)}`);
    expect(status).toBe(400);
  });

  it('for 10 MB of nonsense is refused before anybody reads it, and the next one is answered', async () => {
    const path = `GET /v1/library/assets?q=${'x'.repeat(10_000_000)}`;
    // The connection may end while the rest is still on its way.
    const status = await call(by.key, path).then(
      (reply) => reply.status,
      () => 431,
    );
    expect(status).toBe(431);
    expect(await searchTitles(by, 'Haus')).toHaveLength(2);
  });
});

describe('lists by filters', () => {
  let by: Customer;
  beforeAll(async () => {
    by = await library(
      { title: '1', platform: 'tiktok', tags: ['a'] },
      { title: '2', platform: 'x', tags: ['a', 'b'], status: 'draft' },
      { title: '3', platform: 'x', tags: ['b'] },
      { title: '4', platform: 'tiktok', tags: ['a', 'b'], status: 'archived' },
      { title: '5', platform: 'youtube' },
    );
  });

  it.each([
    ['', '54321'],
    ['platform=x', '32'],
    ['status=ready', '531'],
    ['platform=tiktok&status=archived', '4'],
    ['tags=a', '421'],
    ['tags=a,b', '42'],
    ['tags=B', '432'],
    ['tags=a,b&platform=x', '2'],
    ['tags=c', ''],
    ['tags=a&status=ready', '1'],
  ])('%s: newest first, page by page', async (query, titles) => {
    for (const limit of [1, 2, 100])
      expect((await list(by, `limit=${limit}&${query}`)).map(({ title }) => title).join('')).toBe(titles);
  });

  it.each([
    'tags=',
    'tags=a,',
    `tags=${'x'.repeat(51)}`,
    'platform=myspace',
    'status=deleted',
    'deleted=yes',
    'sort=title',
  ])('%s is refused', async (query) => {
    expect((await call(by.key, `GET /v1/library/assets?${query}`)).status).toBe(400);
  });
});

describe('cursors', () => {
  const QUERIES = [
    'platform=x',
    'tags=a',
    'tags=b',
    'q=word',
    'q=word&tags=a',
    'q=elsewhere',
    'q=word&deleted=true',
    '',
  ];

  it('belong to the filters that they were given out for', async () => {
    const by = await library(
      ...Array.from({ length: 3 }, () => ({ body: 'word elsewhere', tags: ['a', 'b'] })),
    );
    for (const query of QUERIES.filter((one) => !one.includes('deleted'))) {
      const { body } = await call(by.key, `GET /v1/library/assets?limit=1&${query}`);
      const cursor = String(body['next_cursor']);
      for (const other of QUERIES) {
        const { status } = await call(by.key, `GET /v1/library/assets?${other}&limit=2&cursor=${cursor}`);
        expect([query, other, status]).toEqual([query, other, other === query ? 200 : 400]);
      }
    }
  });

  it('that were forged are refused, or read nothing of another account', async () => {
    const [by, theirs] = [await library({ body: 'word' }), await library({ body: 'word' }, { body: 'word' })];
    const { body } = await call(theirs.key, 'GET /v1/library/assets?q=word&limit=1');
    const cursor = String(body['next_cursor']);
    const { data } = (await call(by.key, `GET /v1/library/assets?q=word&cursor=${cursor}`)).body;
    const own = await list(by, '');
    for (const { id } of data as Asset[]) expect(own.map((asset) => asset.id)).toContain(id);
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    for (const forged of [
      [...parts, 1],
      parts.slice(1),
      parts.with(1, [1e300, 'x']),
      parts.with(2, [-1, own[0]?.id]),
      parts.with(2, [0.5, own[0]?.id]),
      parts.with(3, ['1', own[0]?.id]),
      parts.with(1, [Number.MAX_SAFE_INTEGER, own[0]?.id]),
    ]) {
      const text = Buffer.from(JSON.stringify(forged)).toString('base64url');
      const { status } = await call(by.key, `GET /v1/library/assets?q=word&cursor=${text}`);
      expect([200, 400]).toContain(status);
    }
  });
});
