import { beforeAll, describe, expect, it } from 'vitest';
import type { Customer, Reply } from '@plinth/testkit/services/app';
import { type Creator, type Generation, reelFixture } from './fixture.ts';
import { viewerKeyOf } from './viewer.ts';

const fixture = await reelFixture();
const { call, creator } = fixture;
const NOBODYS = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a02';

interface Draft {
  readonly id: string;
  readonly title: string | null;
  readonly selected_variant_id: string | null;
  readonly version: number;
  readonly topic: string;
  readonly tone: string | null;
  readonly variants: readonly {
    readonly id: string;
    readonly generation_id: string;
    readonly position: number;
  }[];
}

const read = async (by: Customer, id: string) => {
  const reply = await call(by.key, `GET /v1/drafts/${id}`);
  return { ...reply, draft: reply.body as unknown as Draft };
};

/** Changes a draft, of the version `ifMatch` if it is said. */
const change = (by: Customer, draft: { id: string; ifMatch?: number }, body: object): Promise<Reply> =>
  call(by.key, `PATCH /v1/drafts/${draft.id}`, {
    body,
    headers: draft.ifMatch === undefined ? {} : { 'if-match': `"${draft.ifMatch}"` },
  });

const codeOf = ({ status, body }: Reply) => [status, (body['error'] as { code: string } | undefined)?.code];

let one: Creator;
let written: Generation;
beforeAll(async () => {
  one = await creator('reel.pro');
  written = await one.ended(await one.asked({ variants: 3 }));
});

describe('a draft', () => {
  it('is read with its variants, those of the newest generation first, and its version as ETag', async () => {
    const { by } = one;
    await change(by, { id: written.draft_id }, { selected_variant_id: written.variants[1]?.id });
    const again = await one.ended(
      await one.started({ draft_id: written.draft_id, mode: 'full', variants: 2 }),
    );
    const { draft, headers } = await read(by, written.draft_id);
    expect(draft.variants.map(({ generation_id: id, position }) => [id, position])).toEqual([
      [again.id, 1],
      [again.id, 2],
      [written.id, 1],
      [written.id, 2],
      [written.id, 3],
    ]);
    expect(headers.get('etag')).toBe(`"${draft.version}"`);
    expect(draft.selected_variant_id).toBe(written.variants[1]?.id);
  });

  it('that gets new variants keeps its version: only the creator’s changes count', async () => {
    const generation = await one.ended(await one.asked({}));
    const { draft } = await read(one.by, generation.draft_id);
    expect(draft).toMatchObject({ version: 1, selected_variant_id: null, title: null });
  });

  it('takes a title, a choice and a new brief, and loses what may be empty', async () => {
    const { draft_id: id, variants } = await one.ended(await one.asked({ tone: 'warm' }));
    const chosen = variants[0]?.id;
    const changes = { title: 'Häuser 家', selected_variant_id: chosen, topic: 'Other' };
    const first = await change(one.by, { id }, changes);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      title: 'Häuser 家',
      selected_variant_id: chosen,
      version: 2,
      tone: 'warm',
    });
    expect(first.headers.get('etag')).toBe('"2"');
    const second = await change(one.by, { id, ifMatch: 2 }, { title: null, tone: null, language: 'de-AT' });
    expect(second.body).toMatchObject({
      title: null,
      tone: null,
      language: 'de-AT',
      topic: 'Other',
      version: 3,
    });
  });

  it('of another version than was read is not changed', async () => {
    const { draft_id: id } = await one.ended(await one.asked({}));
    await change(one.by, { id, ifMatch: 1 }, { title: 'one' });
    expect(codeOf(await change(one.by, { id, ifMatch: 1 }, { title: 'two' }))).toEqual([
      412,
      'precondition_failed',
    ]);
    expect((await read(one.by, id)).draft).toMatchObject({ title: 'one', version: 2 });
  });

  it.each(['1', 'W/"1"', '"one"'])(
    'with If-Match: %s, which is no ETag of ours, is not changed',
    async (tag) => {
      const { draft_id: id } = await one.ended(await one.asked({}));
      const refused = await call(one.by.key, `PATCH /v1/drafts/${id}`, {
        body: { title: 'new' },
        headers: { 'if-match': tag },
      });
      expect(refused).toMatchObject({
        status: 412,
        body: { error: { code: 'precondition_failed', message: expect.stringContaining('with its quotes') } },
      });
      expect((await read(one.by, id)).draft).toMatchObject({ title: null, version: 1 });
    },
  );

  it('that ten change at once from one version has one winner', async () => {
    const { draft_id: id } = await one.ended(await one.asked({}));
    const titles = Array.from({ length: 10 }, (_, n) => `title ${n}`);
    const replies = await Promise.all(titles.map((title) => change(one.by, { id, ifMatch: 1 }, { title })));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 412)).toHaveLength(9);
    expect((await read(one.by, id)).draft.version).toBe(2);
  });

  it('takes none but its own variants', async () => {
    const other = await one.ended(await one.asked({}));
    const stranger = await creator('reel.pro');
    const theirs = await stranger.ended(await stranger.asked({}));
    for (const id of [other.variants[0]?.id, theirs.variants[0]?.id, NOBODYS])
      expect(codeOf(await change(one.by, { id: written.draft_id }, { selected_variant_id: id }))).toEqual([
        404,
        'not_found',
      ]);
  });

  it.each([
    {},
    { title: '' },
    { title: 'x'.repeat(201) },
    { topic: null },
    { platform: 'x' },
    { language: 'Deutsch!' },
    { selected_variant_id: null },
    { version: 7 },
  ])('is not changed by %j', async (body) => {
    const before = (await read(one.by, written.draft_id)).draft;
    expect(codeOf(await change(one.by, { id: written.draft_id }, body))).toEqual([400, 'validation_failed']);
    expect((await read(one.by, written.draft_id)).draft).toEqual(before);
  });

  it('of another account is not there, and is changed by nobody else', async () => {
    const stranger = (await creator('reel.pro')).by;
    expect((await read(stranger, written.draft_id)).status).toBe(404);
    expect(codeOf(await change(stranger, { id: written.draft_id }, { title: 'mine' }))).toEqual([
      404,
      'not_found',
    ]);
    expect((await call(stranger.key, 'GET /v1/drafts')).body).toEqual({ data: [], next_cursor: null });
  });

  it('is read by viewers, and changed by members alone', async () => {
    const key = await viewerKeyOf(fixture, one.by);
    const route = `/v1/drafts/${written.draft_id}`;
    expect((await call(key, `GET ${route}`)).status).toBe(200);
    expect((await call(key, 'GET /v1/drafts')).status).toBe(200);
    expect(codeOf(await call(key, `PATCH ${route}`, { body: { title: 'x' } }))).toEqual([403, 'forbidden']);
  });
});

describe('the list of drafts', () => {
  it('has each once, newest first, over all pages, also of one platform', async () => {
    const lister = await creator('reel.pro');
    const ids: string[] = [];
    for (const platform of ['x', 'linkedin', 'x', 'x', 'tiktok']) {
      const { draft_id: id } = await lister.ended(await lister.asked({ platform }));
      ids.unshift(id);
    }
    expect(await pagesOf(lister.by, 'limit=2')).toEqual(ids);
    expect(await pagesOf(lister.by, 'limit=2&platform=x')).toEqual([ids[1], ids[2], ids[4]]);
    expect(await pagesOf(lister.by, 'limit=2&platform=youtube')).toEqual([]);
  });

  it('takes its own cursors alone', async () => {
    const { by } = one;
    const { body } = await call(by.key, 'GET /v1/drafts?limit=1');
    const cursor = String(body['next_cursor']);
    expect((await call(by.key, `GET /v1/drafts?limit=1&cursor=${cursor}`)).status).toBe(200);
    const forged = Buffer.from(JSON.stringify(['drafts', 1, NOBODYS])).toString('base64url');
    for (const query of [`platform=x&cursor=${cursor}`, 'cursor=nonsense', `cursor=${forged}`])
      expect(codeOf(await call(by.key, `GET /v1/drafts?${query}`))).toEqual([400, 'validation_failed']);
  });
});

async function pagesOf(by: Customer, query: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await call(by.key, `GET /v1/drafts?${query}${cursor}`);
    const { data, next_cursor: next } = body as unknown as { data: Draft[]; next_cursor: string | null };
    ids.push(...data.map(({ id }) => id));
    if (next === null) return ids;
    cursor = `&cursor=${next}`;
  }
}
