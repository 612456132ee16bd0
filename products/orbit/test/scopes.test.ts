import { describe, expect, test } from 'vitest';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { type Colleague, orbitFixture } from './fixture.ts';

const fixture = await orbitFixture();

type Item = Readonly<Record<string, unknown>>;
const titlesOf = (list: { readonly body: Item }) => (list.body['data'] as Item[]).map(({ title }) => title);

async function make(by: Colleague, ...scopes: readonly Item[]): Promise<string[]> {
  const ids: string[] = [];
  for (const scope of scopes) ids.push(String((await by.post('/v1/scopes', scope)).body['id']));
  return ids;
}

describe('the status of a scope', () => {
  const LEGAL = [
    'in_review',
    'draft',
    'in_review',
    'approved',
    'in_review',
    'approved',
    'sent',
    'draft',
    'archived',
    'draft',
  ];

  test('goes by legal moves, each in the activity and in a version', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(1);
    for (const status of LEGAL)
      expect(await member.patch(`/v1/scopes/${scope}/status`, { status })).toMatchObject({
        status: 200,
        body: { status },
      });
    const { body } = await member.get(`/v1/scopes/${scope}/versions?limit=100`);
    const causes = (body['data'] as Item[]).map(({ cause }) => cause);
    expect(causes.filter((cause) => cause === 'status_changed')).toHaveLength(LEGAL.length);
  });

  test.each([
    ['draft', 'approved'],
    ['draft', 'sent'],
    ['in_review', 'sent'],
    ['approved draft', 'sent'],
    ['archived', 'sent'],
    ['archived', 'in_review'],
  ])('from %s to %s is refused, and where it can go is said', async (path, to) => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(0);
    for (const status of path.split(' ').flatMap((one) => (one === 'approved' ? ['in_review', one] : [one])))
      await member.patch(`/v1/scopes/${scope}/status`, { status });
    const refused = refusalOf(await member.patch(`/v1/scopes/${scope}/status`, { status: to }));
    expect(refused).toMatchObject({ status: 409, code: 'illegal_status' });
    expect(refused.details['allowed']).not.toContain(to);
  });

  test('one whose documents contradict each other is approved and sent only by who says so', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(0);
    const content =
      'Text.\n\n> **Conflict: Total budget.** The documents say “$4” (secret.pdf, page 2) and “$5”.';
    const added = await member.post(`/v1/scopes/${scope}/sections`, {
      type: 'budget',
      title: 'Budget',
      content,
    });
    const moveTo = (status: string, more: object = {}) =>
      member.patch(`/v1/scopes/${scope}/status`, { status, ...more });
    expect((await moveTo('in_review')).status).toBe(200);
    expect(refusalOf(await moveTo('approved'))).toMatchObject({
      status: 409,
      code: 'open_conflicts',
      details: { conflicts: [{ section_id: added.body['id'], subject: 'Total budget' }] },
    });
    expect((await moveTo('approved', { despite_conflicts: true })).status).toBe(200);
    expect(refusalOf(await moveTo('sent'))).toMatchObject({ code: 'open_conflicts' });
    const decided = { content: 'The budget is $5.' };
    await member.patch(`/v1/scopes/${scope}/sections/${String(added.body['id'])}`, decided);
    expect((await moveTo('sent')).status).toBe(200);
  });

  test('what was sent stays as it is, word for word, until it is a draft again', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(2);
    for (const status of ['in_review', 'approved', 'sent'])
      await member.patch(`/v1/scopes/${scope}/status`, { status });
    const whole = await member.get(`/v1/scopes/${scope}`);
    const [section] = whole.body['sections'] as Item[];
    const at = `/v1/scopes/${scope}/sections`;
    const tried = [
      await member.patch(`/v1/scopes/${scope}`, { title: 'another' }),
      await member.post(at, { type: 'other', title: 'more' }),
      await member.patch(`${at}/${String(section?.['id'])}`, { content: 'else' }),
      await member.post(`${at}/${String(section?.['id'])}/move`, { before: null }),
      await member.remove(`${at}/${String(section?.['id'])}`),
    ];
    expect(tried.map((reply) => refusalOf(reply).code)).toEqual(Array(5).fill('scope_frozen'));
    expect((await member.get(`/v1/scopes/${scope}`)).body).toEqual(whole.body);
    await member.patch(`/v1/scopes/${scope}/status`, { status: 'draft' });
    expect((await member.patch(`/v1/scopes/${scope}`, { title: 'another' })).status).toBe(200);
  });
});

describe('a list of scopes', () => {
  test('is filtered, sorted and paged, and a page shifts nothing', async () => {
    const { member } = await fixture.workspace();
    const project = String((await member.post('/v1/projects', { name: 'P' })).body['id']);
    const [, b] = await make(
      member,
      { title: 'beta', client_name: 'ACME' },
      { title: 'Alpha', client_name: 'Acme', project_id: project },
      { title: 'gamma', client_name: 'Other' },
    );
    await member.patch(`/v1/scopes/${b}/status`, { status: 'in_review' });
    const list = async (query: string) => titlesOf(await member.get(`/v1/scopes?${query}`));
    expect(await list('sort=title')).toEqual(['Alpha', 'beta', 'gamma']);
    expect(await list('sort=-title')).toEqual(['gamma', 'beta', 'Alpha']);
    expect(await list('sort=created_at')).toEqual(['beta', 'Alpha', 'gamma']);
    expect(await list('')).toEqual(['Alpha', 'gamma', 'beta']);
    expect(await list('client_name=acme&sort=title')).toEqual(['Alpha', 'beta']);
    expect(await list(`project_id=${project}`)).toEqual(['Alpha']);
    expect(await list('status=in_review')).toEqual(['Alpha']);
    for (const sort of ['title', '-title', 'created_at', '-created_at', 'updated_at', '-updated_at']) {
      const whole = await list(`sort=${sort}`);
      const paged: unknown[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page = await member.get(
          `/v1/scopes?sort=${sort}&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`,
        );
        paged.push(...titlesOf(page));
        cursor = page.body['next_cursor'] as string | null;
      }
      expect(paged).toEqual(whole);
    }
  });

  test('is searched by the words of title, client, summary and sections', async () => {
    const { member } = await fixture.workspace();
    const [shop, app] = await make(
      member,
      { title: 'Köln shop', client_name: 'Zürich AG', summary: 'sells tea' },
      { title: 'An app', client_name: 'Acme' },
    );
    await member.post(`/v1/scopes/${shop}/sections`, {
      type: 'risks',
      title: 'Risks',
      content: 'the harbour freezes',
    });
    const searchTitles = async (q: string) =>
      titlesOf(await member.get(`/v1/scopes?q=${encodeURIComponent(q)}`));
    expect(await searchTitles('köln')).toEqual(['Köln shop']);
    expect(await searchTitles('zürich tea')).toEqual(['Köln shop']);
    expect(await searchTitles('harb')).toEqual(['Köln shop']);
    expect(await searchTitles('acme harbour')).toEqual([]);
    expect(await searchTitles('ap')).toEqual(['An app']);
    // Nothing of a query's syntax has a meaning, and nothing breaks it.
    for (const q of [`'`, `\\`, `'); drop`, '!&|<->', ':*', '-', `a'b\\c:*`]) await searchTitles(q);
    const { body } = await member.get(`/v1/scopes/${shop}/sections`);
    const [section] = body['data'] as Item[];
    await member.patch(`/v1/scopes/${shop}/sections/${String(section?.['id'])}`, { content: 'the road' });
    expect(await searchTitles('harbour')).toEqual([]);
    await member.remove(`/v1/scopes/${shop}`);
    expect(await searchTitles('köln')).toEqual([]);
    expect(titlesOf(await member.get('/v1/scopes?deleted=true&q=k%C3%B6ln'))).toEqual(['Köln shop']);
    expect((await member.get(`/v1/scopes/${app}`)).status).toBe(200);
  });
});

describe('a scope', () => {
  test('counts against the month, once under one key, and past it nothing is stored', async () => {
    const { member } = await fixture.workspace('orbit.free');
    const key = { 'idempotency-key': 'the-first' };
    const first = await member.post('/v1/scopes', { title: 'one' }, key);
    const again = await member.post('/v1/scopes', { title: 'one' }, key);
    expect(again.body).toEqual(first.body);
    await make(member, { title: 'two' }, { title: 'three' });
    const refused = refusalOf(await member.post('/v1/scopes', { title: 'four' }));
    expect(refused).toMatchObject({ status: 429, code: 'limit_exceeded', details: { limit: 'scopes' } });
    const copy = refusalOf(await member.post(`/v1/scopes/${String(first.body['id'])}/duplicate`, {}));
    expect(copy).toMatchObject({ status: 429, code: 'limit_exceeded' });
    expect(titlesOf(await member.get('/v1/scopes?sort=created_at'))).toEqual(['one', 'two', 'three']);
    expect(await member.used()).toMatchObject({ scopes: 3 });
  });

  test('takes nothing of the month when it can’t be made', async () => {
    const { member } = await fixture.workspace('orbit.free');
    const nowhere = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0eff';
    expect(refusalOf(await member.post('/v1/scopes', { title: 'one', project_id: nowhere })).code).toBe(
      'project_not_found',
    );
    expect(refusalOf(await member.post('/v1/scopes', { title: 'one', workspace_id: nowhere })).code).toBe(
      'workspace_mismatch',
    );
    const project = String((await member.post('/v1/projects', { name: 'P' })).body['id']);
    await member.patch(`/v1/projects/${project}`, { archived: true });
    expect(refusalOf(await member.post('/v1/scopes', { title: 'one', project_id: project })).code).toBe(
      'project_archived',
    );
    expect(await member.used()).toMatchObject({ scopes: 0 });
  });

  test('is duplicated with its sections in their order, and the copy is a draft of its own', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(3);
    await member.patch(`/v1/scopes/${scope}/status`, { status: 'in_review' });
    const from = (await member.get(`/v1/scopes/${scope}`)).body['sections'] as Item[];
    const copy = await member.post(`/v1/scopes/${scope}/duplicate`, { title: 'the copy' });
    expect(copy).toMatchObject({
      status: 201,
      body: { title: 'the copy', status: 'draft', client_name: 'Acme' },
    });
    const sections = copy.body['sections'] as Item[];
    expect(sections.map(({ content }) => content)).toEqual(from.map(({ content }) => content));
    expect(sections.some(({ id }) => from.some((one) => one['id'] === id))).toBe(false);
    expect(titlesOf(await member.get('/v1/scopes?q=says&sort=title'))).toEqual(['A new shop', 'the copy']);
  });

  test('answers a change of an older version with its newer text', async () => {
    const { member, admin, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(0);
    await member.patch(`/v1/scopes/${scope}`, { title: 'newer' }, { 'if-match': '"1"' });
    const late = refusalOf(
      await admin.patch(`/v1/scopes/${scope}`, { title: 'late' }, { 'if-match': '"1"' }),
    );
    expect(late).toMatchObject({ status: 412, details: { current: { title: 'newer', version: 2 } } });
  });

  test('is back from the trash as it was', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(2);
    await member.remove(`/v1/scopes/${scope}`);
    expect((await member.get(`/v1/scopes/${scope}`)).status).toBe(404);
    expect(titlesOf(await member.get('/v1/scopes'))).toEqual([]);
    expect((await member.get(`/v1/scopes/${scope}/sections`)).status).toBe(404);
    expect((await member.patch(`/v1/scopes/${scope}`, { title: 'x' })).status).toBe(404);
    expect((await member.post(`/v1/scopes/${scope}/restore`, {})).status).toBe(200);
    expect((await member.get(`/v1/scopes/${scope}`)).body['sections']).toHaveLength(2);
  });

  test('is nobody’s outside of its workspace, and a viewer writes nothing', async () => {
    const { viewer, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(1);
    const stranger = await fixture.stranger();
    const path = `/v1/scopes/${scope}`;
    const read = [
      path,
      `${path}/sections`,
      `${path}/versions`,
      `${path}/versions/1`,
      `${path}/versions/1/diff`,
    ];
    for (const one of read) {
      expect((await stranger.get(one)).status).toBe(404);
      expect((await viewer.get(one)).status).toBe(200);
    }
    const refused = [
      await viewer.patch(path, { title: 'x' }),
      await viewer.patch(`${path}/status`, { status: 'in_review' }),
      await viewer.post(`${path}/sections`, { type: 'other', title: 'x' }),
      await viewer.post('/v1/scopes', { title: 'x' }),
      await viewer.remove(path),
    ];
    expect(refused.map(({ status }) => status)).toEqual(Array(5).fill(403));
  });
});

describe('the versions of a scope', () => {
  test('say what became of it, section by section and line by line', async () => {
    const { member, admin, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(4);
    const path = `/v1/scopes/${scope}`;
    const versionsOf = async () =>
      (await member.get(`${path}/versions`)).body['data'] as { number: number; cause: string }[];
    const [newest] = await versionsOf();
    const before = (await member.get(path)).body['sections'] as Item[];
    const [a, b, , d] = before.map(({ id }) => String(id));
    await admin.patch(path, { title: 'Another shop' });
    await admin.patch(`${path}/sections/${a}`, { content: 'What section 1 says.\nAnd a line more.' });
    await admin.post(`${path}/sections/${d}/move`, { before: a });
    await admin.remove(`${path}/sections/${b}`);
    await admin.post(`${path}/sections`, { type: 'risks', title: 'Risks', content: 'Frost.' });
    const [now, ...older] = await versionsOf();
    // Edits of one person within some minutes are one version.
    expect(older[0]).toEqual(newest);
    const { body } = await member.get(`${path}/versions/${now?.number}/diff`);
    expect(body).toMatchObject({
      from: newest?.number,
      to: now?.number,
      fields: [{ field: 'title', before: 'A new shop', after: 'Another shop' }],
    });
    const sections = body['sections'] as Item[];
    expect(sections.map(({ title, change }) => `${String(title)} ${String(change)}`).toSorted()).toEqual([
      'Risks added',
      'Section 1 changed',
      'Section 2 removed',
      'Section 4 moved',
    ]);
    const changed = sections.find(({ change }) => change === 'changed');
    expect(changed?.['lines']).toEqual([
      { op: 'same', text: 'What section 1 says.' },
      { op: 'added', text: 'And a line more.' },
    ]);
    expect((await member.get(`${path}/versions/9999`)).status).toBe(404);
    expect((await member.get(`${path}/versions/none`)).status).toBe(404);
    expect((await member.get(`${path}/versions/${now?.number}/diff?from=1`)).body).toMatchObject({ from: 1 });
  });
});

describe('a project', () => {
  test('is made once under one key, changed, archived and deleted, and its scopes stay', async () => {
    const { member, viewer } = await fixture.workspace();
    const key = { 'idempotency-key': 'a-project' };
    const made = await member.post('/v1/projects', { name: 'Shop', client_name: 'Acme' }, key);
    expect((await member.post('/v1/projects', { name: 'Shop', client_name: 'Acme' }, key)).body).toEqual(
      made.body,
    );
    const path = `/v1/projects/${String(made.body['id'])}`;
    const [scope] = await make(member, { title: 'one', project_id: made.body['id'] });
    expect(await member.patch(path, { name: 'Shops' }, { 'if-match': '"1"' })).toMatchObject({
      status: 200,
      body: { version: 2 },
    });
    expect((await member.patch(path, { name: 'Late' }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await viewer.patch(path, { name: 'x' })).status).toBe(403);
    const names = async (query: string) =>
      ((await viewer.get(`/v1/projects?${query}`)).body['data'] as Item[]).map(({ name }) => name);
    expect(await names('client_name=ACME')).toEqual(['Shops']);
    await member.patch(path, { archived: true });
    expect([await names(''), await names('archived=true')]).toEqual([[], ['Shops']]);
    expect((await member.remove(path)).status).toBe(200);
    expect((await member.get(path)).status).toBe(404);
    expect((await member.get(`/v1/scopes/${scope}`)).body['project_id']).toBeNull();
  });
});
