import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { type Colleague, orbitFixture } from './fixture.ts';

const here = await orbitFixture({ work: false });
const operator = await here.admin();

const section = (title: string, content = `What ${title} says.`) => ({ type: 'other', title, content });
const SHOP = { name: 'A shop', sections: [section('Budget'), section('Photos')] };

async function createTemplate(by: Colleague, template: object = SHOP): Promise<string> {
  const { status, body } = await by.post('/v1/templates', template);
  expect([status, body['error']]).toEqual([201, undefined]);
  return String(body['id']);
}

const admin = (call: string, body?: object, headers: Record<string, string> = {}) =>
  here.call(operator.key, call, { headers, ...(body === undefined ? {} : { body }) });

const publishTemplate = async (name: string) =>
  String((await admin('POST /v1/admin/orbit/templates', { ...SHOP, name })).body['id']);

type Sections = readonly Readonly<Record<'title' | 'content', string>>[];
const textsOf = (body: Readonly<Record<string, unknown>>) =>
  (body['sections'] as Sections).map(({ title, content }) => [title, content]);
const idsOf = (body: Readonly<Record<string, unknown>>) =>
  (body['data'] as readonly { readonly id: string }[]).map(({ id }) => id);

const scopeOf = async (by: Colleague, scopeId: string) => (await by.get(`/v1/scopes/${scopeId}`)).body;

describe('a template of a workspace', () => {
  test('is managed by admins, and read by everybody in it and nobody else', async () => {
    const { admin: boss, member, viewer } = await here.workspace();
    expect((await member.post('/v1/templates', SHOP)).status).toBe(403);
    const id = await createTemplate(boss);
    expect((await viewer.get(`/v1/templates/${id}`)).body).toMatchObject({
      ...SHOP,
      visibility: 'workspace',
    });
    const stranger = await here.stranger();
    expect((await stranger.get(`/v1/templates/${id}`)).status).toBe(404);
    expect((await member.patch(`/v1/templates/${id}`, { name: 'Mine' })).status).toBe(403);
    expect((await member.remove(`/v1/templates/${id}`)).status).toBe(403);
    expect((await stranger.patch(`/v1/templates/${id}`, { name: 'Mine' })).status).toBe(404);
    const changed = await boss.patch(
      `/v1/templates/${id}`,
      { sections: [section('One')] },
      { 'if-match': '"1"' },
    );
    expect(changed.body).toMatchObject({ name: 'A shop', section_count: 1, version: 2 });
    expect((await boss.patch(`/v1/templates/${id}`, { name: 'Old' }, { 'if-match': '"1"' })).status).toBe(
      412,
    );
    expect((await boss.remove(`/v1/templates/${id}`)).status).toBe(200);
    expect((await viewer.get(`/v1/templates/${id}`)).status).toBe(404);
  });

  test('is listed with public ones in one order, in pages', async () => {
    const { admin: boss, viewer } = await here.workspace();
    const mine = [await createTemplate(boss), await createTemplate(boss)];
    const theirs = await publishTemplate('Between');
    const last = await createTemplate(boss);
    const all: string[] = [];
    let cursor = '';
    do {
      const { body } = await viewer.get(`/v1/templates?limit=1${cursor}`);
      all.push(...idsOf(body));
      const next = body['next_cursor'];
      cursor = typeof next === 'string' ? `&cursor=${next}` : '';
    } while (cursor !== '');
    const known = [last, theirs, ...mine.toReversed()];
    expect(all.filter((id) => known.includes(id))).toEqual(known);
    expect(idsOf((await viewer.get('/v1/templates?visibility=workspace')).body)).toEqual([
      last,
      ...mine.toReversed(),
    ]);
    expect(idsOf((await viewer.get('/v1/templates?visibility=public')).body)).toContain(theirs);
  });
});

describe('a public template', () => {
  test('is published by platform admins alone, read by all workspaces, and changed in no workspace', async () => {
    const { owner, viewer } = await here.workspace();
    expect((await owner.post('/v1/admin/orbit/templates', SHOP)).status).toBe(403);
    const id = await publishTemplate('For all');
    expect((await viewer.get(`/v1/templates/${id}`)).body).toMatchObject({
      name: 'For all',
      visibility: 'public',
    });
    expect((await owner.patch(`/v1/templates/${id}`, { name: 'Ours' })).status).toBe(404);
    expect((await owner.remove(`/v1/templates/${id}`)).status).toBe(404);
  });

  test('that is kept in a process is dropped when it changes, and when it is taken back', async () => {
    const { viewer } = await here.workspace();
    const id = await publishTemplate('First');
    expect((await viewer.get(`/v1/templates/${id}`)).body['name']).toBe('First');
    const path = `/v1/admin/orbit/templates/${id}`;
    expect((await admin(`PATCH ${path}`, { name: 'Second' }, { 'if-match': '"1"' })).status).toBe(200);
    expect((await admin(`PATCH ${path}`, { name: 'Third' }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await viewer.get(`/v1/templates/${id}`)).body['name']).toBe('Second');
    expect((await admin(`DELETE ${path}`)).status).toBe(200);
    expect((await viewer.get(`/v1/templates/${id}`)).status).toBe(404);
    expect((await admin(`DELETE ${path}`)).status).toBe(404);
    const told = await here.db.asMigrator(
      statement<{ action: string }>(
        'select action from audit.events where target_id = $1 order by created_at, id',
        [id],
      ),
    );
    expect(told.map(({ action }) => action.replace('orbit.template.', ''))).toEqual([
      'published',
      'changed',
      'withdrawn',
    ]);
  });
});

describe('a template is applied to a scope', () => {
  test('after what is there, in place of it, or by title, each in one version of the scope', async () => {
    const { admin: boss, member, scope } = await here.workspace();
    const id = await createTemplate(boss, {
      name: 'T',
      sections: [section('  section 1 ', 'New.'), section('Photos')],
    });
    const apply = async (mode: string) => {
      const scopeId = await scope(2);
      const before = await scopeOf(member, scopeId);
      const applied = await member.post(`/v1/templates/${id}/apply`, { scope_id: scopeId, mode });
      expect([applied.status, applied.body['version']]).toEqual([200, Number(before['version']) + 1]);
      expect(applied.headers.get('etag')).toBe(`"${String(applied.body['version'])}"`);
      expect(await scopeOf(member, scopeId)).toEqual(applied.body);
      return textsOf(applied.body);
    };
    const there = [1, 2].map((n) => [`Section ${n}`, `What section ${n} says.`]);
    const photos = ['Photos', 'What Photos says.'];
    expect(await apply('append')).toEqual([...there, ['section 1', 'New.'], photos]);
    expect(await apply('replace')).toEqual([['section 1', 'New.'], photos]);
    expect(await apply('by_title')).toEqual([['Section 1', 'New.'], there[1], photos]);
  });

  test('of the version that was read: of an older one it is 412, and nothing is merged', async () => {
    const { admin: boss, member, scope } = await here.workspace();
    const [id, scopeId] = [await createTemplate(boss), await scope(1)];
    const { version } = await scopeOf(member, scopeId);
    const path = `/v1/templates/${id}/apply`;
    const stale = await member.post(path, { scope_id: scopeId }, { 'if-match': `"${Number(version) - 1}"` });
    expect(refusalOf(stale)).toMatchObject({ status: 412, details: { current: { version } } });
    expect(
      (await member.post(path, { scope_id: scopeId }, { 'if-match': `"${String(version)}"` })).status,
    ).toBe(200);
    expect(textsOf(await scopeOf(member, scopeId))).toHaveLength(3);
  });

  test('once under one key, and not by viewers, to strangers’ scopes, to a sent one or past its sections', async () => {
    const { admin: boss, member, viewer, scope } = await here.workspace();
    const many = Array.from({ length: 100 }, (_, n) => section(`Part ${n}`));
    const [id, big, scopeId] = [
      await createTemplate(boss),
      await createTemplate(boss, { name: 'Big', sections: many }),
      await scope(0),
    ];
    const path = `/v1/templates/${id}/apply`;
    const stranger = await here.stranger();
    const key = { 'idempotency-key': `apply-${scopeId}` };
    await member.post(path, { scope_id: scopeId }, key);
    await member.post(path, { scope_id: scopeId }, key);
    expect(textsOf(await scopeOf(member, scopeId))).toHaveLength(2);
    expect((await viewer.post(path, { scope_id: scopeId })).status).toBe(403);
    expect((await stranger.post(path, { scope_id: scopeId })).status).toBe(404);
    const everybodys = await publishTemplate('For strangers');
    const foreign = await stranger.post(`/v1/templates/${everybodys}/apply`, { scope_id: scopeId });
    expect(refusalOf(foreign)).toMatchObject({ status: 404, code: 'scope_not_found' });
    await member.post(`/v1/templates/${big}/apply`, { scope_id: scopeId });
    expect(refusalOf(await member.post(`/v1/templates/${big}/apply`, { scope_id: scopeId })).code).toBe(
      'section_limit',
    );
    expect(textsOf(await scopeOf(member, scopeId))).toHaveLength(102);
    expect((await member.post(path, { scope_id: scopeId, mode: 'sideways' })).status).toBe(400);
  });

  test('once under one key, also where the template is deleted before the call is repeated', async () => {
    const { admin: boss, member, scope } = await here.workspace();
    const [id, scopeId] = [await createTemplate(boss), await scope(0)];
    const apply = (key: string) =>
      member.post(`/v1/templates/${id}/apply`, { scope_id: scopeId }, { 'idempotency-key': key });
    const first = await apply(`first-${scopeId}`);
    expect((await boss.remove(`/v1/templates/${id}`)).status).toBe(200);
    expect(await apply(`first-${scopeId}`)).toMatchObject({ status: 200, body: first.body });
    expect(refusalOf(await apply(`other-${scopeId}`))).toMatchObject({
      status: 404,
      code: 'template_not_found',
    });
  });
});
