import { describe, expect, it } from 'vitest';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import { advance } from '@plinth/testkit/factories';
import type { Customer, Reply } from '@plinth/testkit/services/app';
import { type Asset, libraryFixture } from './library.ts';
import { viewerKeyOf } from './viewer.ts';

const fixture = await libraryFixture();
const { call, creator, db, count, post, save, list, change } = fixture;
const NOBODYS = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a02';
const RAW = { platform: 'x', hook: 'A hook', body: 'A body' };

const codeOf = ({ status, body }: Reply) => [status, (body['error'] as { code: string } | undefined)?.code];
const path = ({ id }: Pick<Asset, 'id'>) => `/v1/library/assets/${id}`;
const titlesIn = async (by: Customer, query: string) => (await list(by, query)).map(({ title }) => title);
const remove = (by: Customer, asset: Pick<Asset, 'id'>) => call(by.key, `DELETE ${path(asset)}`);
const restore = (by: Customer, asset: Pick<Asset, 'id'>) => call(by.key, `POST ${path(asset)}/restore`);

describe('saving', () => {
  it('copies a variant of a draft as it is, with the language and platform of its draft', async () => {
    const one = await creator('reel.pro');
    const { draft_id, variants } = await one.draft({ language: 'de', platform: 'instagram' });
    const [variant] = variants;
    const { status, headers, body } = await post(one.by, { draft_id, variant_id: variant?.id, tags: ['a'] });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/library/assets/${String(body['id'])}`);
    expect(headers.get('etag')).toBe('"1"');
    expect(body).toMatchObject({
      draft_id,
      variant_id: variant?.id,
      platform: 'instagram',
      language: 'de',
      hook: variant?.hook,
      body: variant?.body,
      cta: variant?.cta,
      hashtags: variant?.hashtags,
      tags: ['a'],
      status: 'ready',
      version: 1,
      deleted_at: null,
    });
    expect((await call(one.by.key, `GET ${String(headers.get('location'))}`)).body).toEqual(body);
  });

  it('knows no variant of another draft or account', async () => {
    const [one, other] = [await creator('reel.pro'), await creator('reel.pro')];
    const [mine, second, theirs] = [await one.draft(), await one.draft(), await other.draft()];
    for (const [draft_id, variant_id] of [
      [mine.draft_id, second.variants[0]?.id],
      [mine.draft_id, theirs.variants[0]?.id],
      [theirs.draft_id, theirs.variants[0]?.id],
      [theirs.draft_id, mine.variants[0]?.id],
      [NOBODYS, NOBODYS],
    ])
      expect(codeOf(await post(one.by, { draft_id, variant_id }))).toEqual([404, 'not_found']);
    expect(await count(one.by, 'reel.assets')).toBe(0);
  });

  it('takes content of the caller’s own, and completes it', async () => {
    const { by } = await creator();
    const saved = await save(by, {
      ...RAW,
      hashtags: ['Häuser', '#家'],
      tags: [' Eins', 'ZWEI ', 'eins', 'ÅNGSTRÖM'],
    });
    expect(saved).toMatchObject({
      draft_id: null,
      language: 'en',
      cta: '',
      hashtags: ['#Häuser', '#家'],
      tags: ['eins', 'zwei', 'ångström'],
      title: null,
      status: 'ready',
    });
  });

  it.each([
    {},
    { draft_id: NOBODYS },
    { variant_id: NOBODYS },
    { draft_id: NOBODYS, variant_id: NOBODYS, hook: 'A hook' },
    { draft_id: NOBODYS, variant_id: NOBODYS, language: 'en' },
    { ...RAW, draft_id: NOBODYS },
    { ...RAW, hook: ' ' },
    { ...RAW, hook: 'x'.repeat(501) },
    { ...RAW, body: 'x'.repeat(10_001) },
    { ...RAW, hashtags: ['two words'] },
    { ...RAW, hashtags: Array.from({ length: 31 }, (_, n) => `tag${n}`) },
    { ...RAW, tags: ['a,b'] },
    { ...RAW, tags: ['x'.repeat(51)] },
    { ...RAW, tags: Array.from({ length: 21 }, (_, n) => `tag${n}`) },
    { ...RAW, tags: [''] },
    { ...RAW, title: '' },
    { ...RAW, status: 'deleted' },
    { ...RAW, language: 'klingon!' },
    { ...RAW, id: NOBODYS },
  ])('refuses %j', async (body) => {
    const { by } = await creator();
    expect(codeOf(await post(by, body))).toEqual([400, 'validation_failed']);
    expect(await count(by, 'reel.assets')).toBe(0);
  });

  it('twice with one key, at once or later, makes one asset', async () => {
    const { by } = await creator();
    const replies = await Promise.all(Array.from({ length: 10 }, () => post(by, RAW, 'same')));
    const made = replies.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(({ body }) => body['id'])).size).toBe(1);
    const again = await post(by, RAW, 'same');
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('etag')).toBe('"1"');
    expect(codeOf(await post(by, { ...RAW, hook: 'Another' }, 'same'))).toEqual([
      422,
      'idempotency_mismatch',
    ]);
    expect(await count(by, 'reel.assets')).toBe(1);
  });
});

describe('an asset', () => {
  it('is changed where the body says so, and nowhere else', async () => {
    const { by } = await creator();
    const saved = await save(by, { ...RAW, title: 'T', tags: ['a'], cta: 'Go', hashtags: ['one'] });
    const changed = await change(by, saved, { title: null, tags: ['B', 'b'], status: 'published' });
    expect(changed.headers.get('etag')).toBe('"2"');
    const { updated_at: at } = changed.body;
    expect(changed.body).toEqual({
      ...saved,
      title: null,
      tags: ['b'],
      status: 'published',
      version: 2,
      updated_at: at,
    });
    const content = { hook: 'H', body: 'B', cta: '', hashtags: ['#two', 'three'] };
    expect((await change(by, { ...saved, ifMatch: 2 }, content)).body).toMatchObject({
      ...content,
      hashtags: ['#two', '#three'],
      version: 3,
    });
  });

  it.each([{}, { platform: 'x' }, { hook: '' }, { deleted_at: null }, { tags: 'a' }, { language: 'de' }])(
    'is not changed by %j',
    async (body) => {
      const { by } = await creator();
      const saved = await save(by, RAW);
      expect(codeOf(await change(by, saved, body))).toEqual([400, 'validation_failed']);
    },
  );

  it('that ten change at once from one version has one winner', async () => {
    const { by } = await creator();
    const saved = await save(by, RAW);
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, n) => change(by, { ...saved, ifMatch: 1 }, { title: `title ${n}` })),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 412)).toHaveLength(9);
    expect(codeOf(await change(by, { ...saved, ifMatch: 1 }, { title: 'late' }))).toEqual([
      412,
      'precondition_failed',
    ]);
  });

  it('of another account is not there', async () => {
    const [mine, theirs] = [(await creator()).by, (await creator()).by];
    const saved = await save(theirs, RAW);
    for (const reply of [
      await call(mine.key, `GET ${path(saved)}`),
      await change(mine, saved, { title: 'mine' }),
      await remove(mine, saved),
      await restore(mine, saved),
    ])
      expect(codeOf(reply)).toEqual([404, 'not_found']);
    expect(await list(mine, '')).toEqual([]);
    expect(await list(mine, 'q=hook')).toEqual([]);
    expect(await list(theirs, '')).toEqual([saved]);
  });

  it('is read by viewers, and changed by members alone', async () => {
    const { by } = await creator();
    const saved = await save(by, RAW);
    const key = await viewerKeyOf(fixture, by);
    expect((await call(key, `GET ${path(saved)}`)).body).toEqual(saved);
    expect((await call(key, 'GET /v1/library/assets?q=hook')).body['data']).toEqual([saved]);
    for (const reply of [
      await call(key, 'POST /v1/library/assets', { body: RAW }),
      await call(key, `PATCH ${path(saved)}`, { body: { title: 'x' } }),
      await call(key, `DELETE ${path(saved)}`),
      await call(key, `POST ${path(saved)}/restore`),
    ])
      expect(codeOf(reply)).toEqual([403, 'forbidden']);
  });
});

describe('the trash', () => {
  it('has what was deleted, which is nowhere else until it is restored', async () => {
    const { by } = await creator();
    const [kept, thrown] = [
      await save(by, { ...RAW, title: 'kept' }),
      await save(by, { ...RAW, title: 'thrown' }),
    ];
    expect((await remove(by, thrown)).body).toEqual({ ok: true });
    expect((await remove(by, thrown)).body).toEqual({ ok: true });
    expect(codeOf(await call(by.key, `GET ${path(thrown)}`))).toEqual([404, 'not_found']);
    expect(codeOf(await change(by, thrown, { title: 'x' }))).toEqual([404, 'not_found']);
    expect(await titlesIn(by, '')).toEqual(['kept']);
    expect(await titlesIn(by, 'q=hook')).toEqual(['kept']);
    expect(await titlesIn(by, 'deleted=true')).toEqual(['thrown']);
    expect(await titlesIn(by, 'deleted=true&q=hook')).toEqual(['thrown']);
    expect(await titlesIn(by, 'deleted=true&platform=tiktok')).toEqual([]);
    const restored = await restore(by, thrown);
    expect(restored.body).toMatchObject({ title: 'thrown', deleted_at: null, version: 3 });
    expect(restored.headers.get('etag')).toBe('"3"');
    expect((await restore(by, thrown)).body).toEqual(restored.body);
    expect(await titlesIn(by, 'q=hook')).toEqual(['thrown', 'kept']);
    expect((await call(by.key, `GET ${path(kept)}`)).body).toEqual(kept);
  });

  it('is purged of what has lain in it for 30 days, by the clock, and of nothing else', async () => {
    const [one, other] = [(await creator()).by, (await creator()).by];
    const [old, late, kept] = [await save(one, RAW), await save(one, RAW), await save(one, RAW)];
    const theirs = await save(other, RAW);
    await remove(one, old);
    await remove(other, theirs);
    await advance(db, '1 day 1 hour');
    await remove(one, late);
    const rows = () => Promise.all([count(one, 'reel.assets'), count(other, 'reel.assets')]);
    expect(await rows()).toEqual([3, 1]);
    // Every night its schedule is due.
    await advance(db, '29 days');
    await waitFor(async () => (await rows()).join() === '2,0');
    expect((await list(one, '')).map(({ id }) => id)).toEqual([kept.id]);
    expect((await list(one, 'deleted=true')).map(({ id }) => id)).toEqual([late.id]);
    expect(codeOf(await restore(one, old))).toEqual([404, 'not_found']);
  });
});
