import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase, statement } from '#platform/db';
import { atEndOfFile } from '@plinth/testkit/closing';
import { engine, temporaryFolder } from '@plinth/testkit/services';
import { type Reply, testApp, type TestApp } from '@plinth/testkit/services/app';

const path = join(temporaryFolder(), 'ai.json');
const SMALL = 'sandbox/sandbox-small';
const LARGE = 'sandbox/sandbox-large';
const row = { input: 1_000_000, output: 1_000_000, source: 'a test' };
let version = 0;

/** Another AI_CONFIG, with these aliases and models of the sandbox. */
function write(
  aliases: object,
  models: readonly string[] = ['sandbox-small', 'sandbox-large', 'sandbox-embed'],
) {
  version += 1;
  const text = JSON.stringify({
    version: `2026-11-21.${version}`,
    aliases,
    models: { sandbox: models },
    prices: { 'sandbox/sandbox-new': row },
  });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

write({ ours: [SMALL] });
let armed: string | undefined;
const one = await testApp({
  settings: { AI_CONFIG: path },
  crashHook(point, phase) {
    if (`${point}:${phase}` !== armed) return;
    armed = undefined;
    throw new Error(`killed at ${point}:${phase}`);
  },
});
const other = await anotherProcess();
const { db, call } = one;
const { key } = await one.admin();
const caller = await one.customer();

/** A second process, which has nothing in common with the first but the database; on PGlite there is one alone. */
async function anotherProcess(): Promise<TestApp> {
  if (engine === 'pglite') return one;
  const own = await openDatabase({ engine: 'postgres', url: one.database.url });
  atEndOfFile(() => own.close());
  return testApp({ beside: one, settings: { AI_CONFIG: path }, over: () => own });
}

const put = (alias: string, body: object, ifMatch?: string): Promise<Reply> =>
  call(key, `PUT /v1/admin/ai/routes/${alias}`, {
    body,
    ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
  });
const remove = (alias: string): Promise<Reply> => call(key, `DELETE /v1/admin/ai/routes/${alias}`);
const to = (...models: readonly string[]) => ({ models: models.map((model) => ({ model })) });

interface View {
  readonly alias: string;
  readonly source: string;
  readonly stored: { readonly version: number; readonly faults: readonly unknown[] } | null;
}
async function shown(alias: string, at: TestApp = one): Promise<View | undefined> {
  const { body } = await at.call(key, 'GET /v1/admin/ai/routes');
  return (body['data'] as readonly View[]).find((view) => view.alias === alias);
}
async function modelOf(alias: string, at: TestApp = one): Promise<unknown> {
  const { status, body } = await at.call(caller.key, 'POST /v1/ai/chat/completions', {
    body: { model: alias, messages: [{ role: 'user', content: 'Hello' }] },
  });
  return status === 200 ? body['model'] : status;
}

test('an alias of the program, of the file, and a stored one over it, each tell where they come from', async () => {
  expect(await shown('small')).toMatchObject({ source: 'program', stored: null, beneath: null });
  expect(await shown('ours')).toMatchObject({
    source: 'file',
    models: [{ model: SMALL, weight: 1, breaker: 'closed', throttled_ms: 0, keys: [] }],
  });
  const { status, body } = await put('ours', {
    order: 'weight',
    models: [
      { model: SMALL, weight: 95 },
      { model: LARGE, weight: 5 },
    ],
  });
  expect([status, body]).toMatchObject([
    200,
    {
      alias: 'ours',
      source: 'stored',
      order: 'weight',
      models: [{ weight: 95 }, { weight: 5, breaker: 'closed' }],
      beneath: { order: 'given', models: [{ model: SMALL }] },
      stored: { faults: [], email: expect.stringContaining('@') },
    },
  ]);
  expect(await shown('ours')).toEqual(body);
  await remove('ours');
  expect(await shown('ours')).toMatchObject({ source: 'file', stored: null });
});

test('a change is in effect in both processes without a restart, for products too, and deleting it gives back what was beneath', async () => {
  expect([await modelOf('ours'), await modelOf('ours', other)]).toEqual(['sandbox-small', 'sandbox-small']);
  await put('ours', to(LARGE));
  expect(await modelOf('ours')).toBe('sandbox-large');
  await expect.poll(() => modelOf('ours', other)).toBe('sandbox-large');
  await put('small', to(LARGE));
  expect(one.app.modules.ai.estimate({ policy: 'reel.generation', inputBytes: 10 }).model).toBe(
    'sandbox-large',
  );
  await put('new', to(SMALL));
  await expect.poll(() => modelOf('new', other)).toBe('sandbox-small');
  for (const alias of ['ours', 'small', 'new']) await remove(alias);
  expect(await modelOf('ours')).toBe('sandbox-small');
  await expect.poll(() => modelOf('new', other)).toBe(404);
});

test('a process that starts has what is stored, and one that heard nothing learns it by asking', async () => {
  await put('ours', to(LARGE));
  const third = await anotherProcess();
  expect(await modelOf('ours', third)).toBe('sandbox-large');
  await db.asMigrator(statement(`delete from ai.routes where alias = 'ours'`));
  expect(await shown('ours', third)).toMatchObject({ source: 'file' });
  expect(await modelOf('ours', third)).toBe('sandbox-small');
});

describe('a route that is wrong', () => {
  test.each<[string, object, string]>([
    ['a model of no upstream', to(SMALL, 'openai/gpt-9'), 'body.models.1.model'],
    ['a model that no upstream has', to('sandbox/unheard-of'), 'body.models.0.model'],
    ['a model that its upstream does not list', to('sandbox/sandbox-new'), 'body.models.0.model'],
    ['an alias in place of a model', to('small'), 'body.models.0.model'],
    [
      'a weight below nothing',
      { order: 'weight', models: [{ model: SMALL, weight: -1 }] },
      'body.models.0.weight',
    ],
    [
      'weights that sum to nothing',
      { order: 'weight', models: [{ model: SMALL, weight: 0 }] },
      'body.models',
    ],
    ['no models', { models: [] }, 'body.models'],
    ['an order that there is not', { ...to(SMALL), order: 'chance' }, 'body.order'],
  ])('is refused with its place, and nothing is changed: %s', async (_what, body, place) => {
    const { status, body: answer } = await put('wrong', body);
    expect([status, answer['error']]).toMatchObject([
      400,
      {
        code: 'validation_failed',
        details: { issues: expect.arrayContaining([expect.objectContaining({ path: place })]) },
      },
    ]);
    expect(await shown('wrong')).toBeUndefined();
  });

  test('is refused by a name that no alias may have', async () => {
    expect(await put('a%20b', to(SMALL))).toMatchObject({ status: 400 });
  });
});

test('of two who change one at once the second is told, and a version that was deleted does not come back', async () => {
  const first = await put('raced', to(SMALL), '"0"');
  expect(first.status).toBe(200);
  expect(await put('raced', to(LARGE), '"0"')).toMatchObject({ status: 412 });
  const tag = String(first.headers.get('etag'));
  const both = await Promise.all([put('raced', to(LARGE), tag), put('raced', to(SMALL, LARGE), tag)]);
  expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 412]));
  const now = `"${(await shown('raced'))?.stored?.version}"`;
  await remove('raced');
  await put('raced', to(SMALL));
  expect(await put('raced', to(LARGE), now)).toMatchObject({ status: 412 });
  await remove('raced');
  expect(await remove('raced')).toMatchObject({ status: 404 });
});

test('each change has a line in the audit, with what was there before', async () => {
  await put('audited', to(SMALL));
  await put('audited', to(LARGE));
  await remove('audited');
  const { body } = await call(key, 'GET /v1/admin/audit?limit=3');
  const lines = body['data'] as readonly {
    readonly action: string;
    readonly changes: object;
    readonly target: object;
  }[];
  expect(lines.map(({ action }) => action)).toEqual([
    'ai_route.deleted',
    'ai_route.changed',
    'ai_route.changed',
  ]);
  expect(lines[0]).toMatchObject({ target: { kind: 'ai_route', id: 'audited' }, changes: { route: null } });
  expect(lines[1]).toMatchObject({
    changes: { route: { models: [{ model: LARGE }] }, before: { models: [{ model: SMALL }] } },
  });
});

test('a change that is killed before its commit leaves all as it was, and after it is whole', async () => {
  armed = 'ai.route-change:before';
  expect((await put('killed', to(LARGE))).status).toBe(500);
  expect(await shown('killed')).toBeUndefined();
  armed = 'ai.route-change:after';
  expect((await put('killed', to(LARGE))).status).toBe(500);
  expect(await shown('killed')).toMatchObject({ source: 'stored' });
  const { body } = await call(key, 'GET /v1/admin/audit?limit=1');
  expect(body['data']).toMatchObject([{ action: 'ai_route.changed', target: { id: 'killed' } }]);
  await remove('killed');
});

test('one whose model a later AI_CONFIG drops is left aside and told of; the alias of the file holds, also after a restart, until the model is back', async () => {
  await put('ours', to(LARGE));
  await put('only', to(LARGE));
  write({ ours: [SMALL], large: [SMALL] }, ['sandbox-small', 'sandbox-embed']);
  await one.app.modules.aiSettings.look();
  expect(await modelOf('ours')).toBe('sandbox-small');
  expect(await modelOf('only')).toBe(404);
  const faults = [{ path: 'models.0.model', message: expect.stringContaining(LARGE) }];
  expect(await shown('ours')).toMatchObject({
    source: 'file',
    models: [{ model: SMALL }],
    stored: { faults },
  });
  expect(await shown('only')).toMatchObject({ source: 'none', models: [], stored: { faults } });
  const { body } = await call(key, 'GET /v1/admin/doctor');
  const findings = body['data'] as readonly { readonly name: string }[];
  expect(findings.find(({ name }) => name === 'AI routes')).toEqual({
    name: 'AI routes',
    status: 'warning',
    says: expect.stringContaining(`only: no configured upstream has ${LARGE}`),
  });
  const started = await anotherProcess();
  expect(await modelOf('ours', started)).toBe('sandbox-small');
  write({ ours: [SMALL] });
  await one.app.modules.aiSettings.look();
  expect(await modelOf('ours')).toBe('sandbox-large');
  for (const alias of ['ours', 'only']) await remove(alias);
});

test('a row that this version can not read is left aside with what it can not', async () => {
  await db.asMigrator(
    statement(
      `insert into ai.routes (alias, route) values ('ours', '{"order": "by the moon", "models": []}')`,
    ),
  );
  expect(await shown('ours')).toMatchObject({
    source: 'file',
    stored: { faults: [{ path: 'order' }, { path: 'models' }], changed_by: null, email: null },
  });
  await remove('ours');
});

test('a hundred are stored at most, and one of them can still be changed', async () => {
  await db.asMigrator(
    statement(
      `insert into ai.routes (alias, route) select 'many-' || n, $1::jsonb from generate_series(1, 100) n`,
      [JSON.stringify(to(SMALL))],
    ),
  );
  expect(await put('one-more', to(SMALL))).toMatchObject({
    status: 409,
    body: { error: { code: 'route_limit', details: { max: 100 } } },
  });
  expect(await put('many-7', to(LARGE))).toMatchObject({ status: 200 });
  await db.asMigrator(statement('delete from ai.routes'));
});

test('is the operator’s: no other role reads or changes a route', async () => {
  for (const asked of [
    'GET /v1/admin/ai/routes',
    'PUT /v1/admin/ai/routes/ours',
    'DELETE /v1/admin/ai/routes/ours',
  ]) {
    const body = asked.startsWith('PUT') ? { body: to(SMALL) } : {};
    expect(await call(caller.key, asked, body), asked).toMatchObject({ status: 403 });
    expect(await call(undefined, asked, body), asked).toMatchObject({ status: 401 });
  }
});
