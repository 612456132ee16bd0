import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '#platform/db';
import { atEndOfFile } from '@plinth/testkit/closing';
import { engine, temporaryFolder } from '@plinth/testkit/services';
import { type Reply, testApp, type TestApp } from '@plinth/testkit/services/app';

const path = join(temporaryFolder(), 'plinth.plans.yaml');

/** A product of a file: so many summaries a month in each plan, and what else a version has. */
const plans = (
  sizes: { readonly free: number; readonly pro?: number; readonly price?: string },
  more = '',
) => `
products:
  notes:
    limits:
      summaries: quota per month
    features:
      summarize: { consumes: summaries }
    plans:
      free: { price: free, grants: { summaries: ${sizes.free} } }
      ${sizes.pro === undefined ? '' : `pro: { price: ${sizes.price ?? '4.99'}, grants: { summaries: ${sizes.pro} } }`}
    default_plan: free
${more}`;

function write(text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

write(plans({ free: 2, pro: 100 }));
const one = await testApp({ settings: { PLANS_FILE: path } });
const other = await anotherProcess();
const { call } = one;
const { key: admin } = await one.admin();

/** A second process, which has nothing in common with the first but the database; on PGlite there is one alone. */
async function anotherProcess(): Promise<TestApp> {
  if (engine === 'pglite') return one;
  const own = await openDatabase({ engine: 'postgres', url: one.database.url });
  atEndOfFile(() => own.close());
  return testApp({ beside: one, settings: { PLANS_FILE: path }, over: () => own });
}

const look = (at: TestApp = one) => at.app.modules.services.plans.look();
const inEffect = async (at: TestApp = one) => (await at.call(admin, 'GET /v1/admin/plans')).body;
const push = (document: string, version?: number): Promise<Reply> =>
  call(admin, 'PUT /v1/admin/plans', {
    body: { document },
    ...(version === undefined ? {} : { headers: { 'if-match': `"${version}"` } }),
  });
const permit = (accountId: string, at: TestApp = one, feature = 'summarize') =>
  at.call(admin, 'POST /v1/permits', {
    headers: { 'x-account-id': accountId, 'idempotency-key': randomUUID() },
    body: { product: 'notes', feature, ttl_seconds: 60 },
  });
async function statuses(accountId: string, count: number, at?: TestApp): Promise<number[]> {
  const all: number[] = [];
  for (let use = 0; use < count; use += 1) all.push((await permit(accountId, at)).status);
  return all;
}
const finding = async () => {
  const { body } = await call(admin, 'GET /v1/admin/doctor');
  return (body['data'] as readonly { readonly name: string }[]).find(({ name }) => name === 'plans');
};

test('a product that is a plans file alone is sold, and limits what a backend takes permits for and reports', async () => {
  expect(await inEffect()).toMatchObject({
    version: 1,
    complete: true,
    versions: [{ version: 1, source: 'file', email: null }],
  });
  const { accountId, key } = await one.customer();
  expect(await statuses(accountId, 3)).toEqual([201, 201, 429]);
  const paying = await one.customer('notes.pro');
  expect(await statuses(paying.accountId, 3)).toEqual([201, 201, 201]);
  expect((await permit(accountId, one, 'export')).body).toMatchObject({
    error: { code: 'feature_not_open' },
  });
  const event = { id: randomUUID(), product: 'notes', feature: 'summarize', cost_micros: 5 };
  const reported = await call(admin, 'POST /v1/usage-events', {
    headers: { 'x-account-id': paying.accountId },
    body: { events: [event] },
  });
  expect(reported.status).toBe(200);
  const { body } = await call(key, 'GET /v1/plans?product=notes');
  expect(body['data']).toMatchObject([{ id: 'notes.free' }, { id: 'notes.pro' }]);
});

const titleOf = async () =>
  /<title>([^<]*)/.exec(await (await fetch(`${one.url}/pricing/notes`)).text())?.[1];

test('a product that is a plans file alone has pages by its name, and a brand of its own', async () => {
  expect(await titleOf()).toMatch(/^Prices · (?!Plinth)/);
  const stored = await call(admin, 'PUT /v1/admin/brands/notes', { body: { name: 'Acme Notes' } });
  expect(stored.status).toBe(200);
  expect(await titleOf()).toBe('Prices · Acme Notes');
});

describe('a change of the file', () => {
  test('is the next version in every process, and each account has it at once', async () => {
    const { accountId } = await one.customer();
    const paying = await one.customer('notes.pro');
    expect(await statuses(accountId, 3)).toEqual([201, 201, 429]);
    const { version } = await inEffect();
    write(plans({ free: 4, pro: 1 }, '    name: Notes AI'));
    await look();
    expect(await inEffect(other)).toMatchObject({ version: Number(version) + 1 });
    await look(other);
    expect(await inEffect()).toMatchObject({ version: Number(version) + 1 });
    await expect.poll(async () => (await inEffect())['complete']).toBe(true);
    await expect.poll(() => statuses(accountId, 1, other)).toEqual([201]);
    expect(await statuses(paying.accountId, 2)).toEqual([201, 429]);
    expect(other.app.modules.entitlements.catalogues.get('notes')?.name).toBe('Notes AI');
    expect(await finding()).toMatchObject({
      status: 'ok',
      says: expect.stringContaining('by a file, as in'),
    });
    const { body } = await call(admin, 'GET /v1/admin/audit?action=plans&limit=1');
    const touched = expect.objectContaining({
      plan: 'notes.pro',
      over: [{ limit: 'summaries', accounts: 1 }],
    });
    expect(body['data']).toMatchObject([{ changes: { touched: expect.arrayContaining([touched]) } }]);
  });

  test('that is a mistake leaves what was in effect, and the doctor says where it is', async () => {
    const before = await inEffect();
    write(plans({ free: 4 }).replace('summaries: quota', 'summaries: quote'));
    await look();
    expect(await inEffect()).toEqual(before);
    expect(await finding()).toMatchObject({
      status: 'failed',
      says: expect.stringContaining('line 5, column 7: limits > summaries'),
    });
    write(String(before['document']));
    await look();
    expect(await inEffect()).toEqual(before);
    expect(await finding()).toMatchObject({ status: 'ok' });
  });

  test('that was pushed over is told of, and is without effect at a start', async () => {
    const pushed = await push(plans({ free: 7, pro: 100 }));
    expect(pushed.status).toBe(200);
    expect(await finding()).toMatchObject({
      status: 'warning',
      says: expect.stringContaining('is that of an earlier version'),
    });
    await look();
    const third = await anotherProcess();
    expect(await inEffect(third)).toMatchObject({ version: pushed.body['version'] });
  });
});

describe('a push', () => {
  test('of the version that was read is in effect, with its line in the audit; of another it is refused', async () => {
    const version = Number((await inEffect())['version']);
    const { status, body, headers } = await push(plans({ free: 3, pro: 100 }), version);
    expect([status, headers.get('etag'), body]).toMatchObject([
      200,
      `"${version + 1}"`,
      { version: version + 1, complete: true },
    ]);
    expect(await push(plans({ free: 9, pro: 100 }), version)).toMatchObject({ status: 412 });
    const { body: audit } = await call(admin, 'GET /v1/admin/audit?action=plans&limit=1');
    expect(audit['data']).toMatchObject([
      {
        action: 'plans.changed',
        target: { id: String(version + 1) },
        changes: { changes: ['notes plans.free.grants.summaries'] },
      },
    ]);
  });

  test('of mistakes is refused with the line of each', async () => {
    const { status, body } = await push('products:\n  gateway: {}\n  notes: { plan: {} }\n');
    expect([status, body['error']]).toMatchObject([
      400,
      {
        code: 'validation_failed',
        details: {
          issues: [
            {
              path: 'body.document',
              message: expect.stringMatching(/^line 2, column 3: "gateway" is a product in source/),
            },
            {
              path: 'body.document',
              message: 'line 3, column 12: notes has no "plan". Did you mean plans?',
              at: ['products', 'notes', 'plan'],
              says: 'notes has no "plan". Did you mean plans?',
            },
          ],
        },
      },
    ]);
  });

  test('that takes a held plan away, or has a limit count otherwise, is refused; hidden it stays for those who hold it', async () => {
    await push(plans({ free: 3, pro: 100 }));
    const paying = await one.customer('notes.pro');
    const { body } = await call(admin, 'POST /v1/admin/plans/preview', {
      body: { document: plans({ free: 3 }) },
    });
    const problems = [expect.stringMatching(/^notes.pro is held by \d+ accounts: keep it/)];
    expect(body['problems']).toEqual(problems);
    expect(await push(plans({ free: 3 }))).toMatchObject({
      status: 409,
      body: { error: { code: 'plans_refused', details: { problems } } },
    });
    const recounted = plans({ free: 3, pro: 100 }).replace('quota per month', 'quota per day');
    expect(await push(recounted)).toMatchObject({
      status: 409,
      body: {
        error: {
          message: 'The limit summaries of notes counts otherwise than before: give it another name.',
        },
      },
    });
    const hidden = plans({ free: 3, pro: 100 }).replace('price: 4.99,', 'price: 4.99, hidden: true,');
    expect((await push(hidden)).status).toBe(200);
    expect(await statuses(paying.accountId, 4)).toEqual([201, 201, 201, 201]);
    const { body: list } = await call(paying.key, 'GET /v1/plans?product=notes');
    expect(list['data']).toMatchObject([{ id: 'notes.free' }]);
  });

  test('is previewed: what changes, how many accounts hold it, and whose limit shrinks below what they used', async () => {
    await push(plans({ free: 3, pro: 100 }));
    const paying = await one.customer('notes.pro');
    await statuses(paying.accountId, 5);
    const { body } = await call(admin, 'POST /v1/admin/plans/preview', {
      body: { document: plans({ free: 3, pro: 4, price: '5.99' }) },
    });
    expect(body).toMatchObject({
      changes: [
        {
          product: 'notes',
          path: 'plans.pro.price.monthly',
          before: 499,
          after: 599,
          text: '$4.99 -> $5.99',
        },
        { product: 'notes', path: 'plans.pro.grants.summaries', before: 100, after: 4 },
      ],
      plans: [{ plan: 'notes.pro', over: [{ limit: 'summaries' }] }],
      problems: [],
    });
    const [touched] = body['plans'] as readonly { accounts: number; over: readonly { accounts: number }[] }[];
    expect(touched?.accounts).toBeGreaterThan(touched?.over[0]?.accounts ?? 0);
  });

  test('is previewed with the accounts that lose a default plan', async () => {
    await push(plans({ free: 3, pro: 100 }));
    const { accountId } = await one.customer();
    await statuses(accountId, 1);
    const document = plans({ free: 3, pro: 100 }).replace('default_plan: free', '');
    const { body } = await call(admin, 'POST /v1/admin/plans/preview', { body: { document } });
    expect(body).toMatchObject({
      changes: [{ path: 'defaultPlan' }],
      plans: [{ plan: 'notes.free', accounts: expect.any(Number), keep: 0 }],
    });
    expect((body['plans'] as readonly { accounts: number }[])[0]?.accounts).toBeGreaterThan(0);
  });
});

const draft = async () => (await call(admin, 'GET /v1/admin/plans/draft')).body;
const keep = (document: string, version: number) =>
  call(admin, 'PUT /v1/admin/plans/draft', {
    body: { document, base: 1 },
    headers: { 'if-match': `"${version}"` },
  });

describe('a draft', () => {
  test('may have mistakes, has no effect, and ends when it is pushed', async () => {
    const before = await inEffect();
    expect(await keep('products: { notes: nonsense', 0)).toMatchObject({ status: 200 });
    const document = plans({ free: 5, pro: 100 });
    const { body, headers } = await keep(document, Number((await draft())['version']));
    expect(headers.get('etag')).toBe(`"${String(body['version'])}"`);
    expect(await inEffect()).toEqual(before);
    await push(plans({ free: 6, pro: 100 }));
    expect(await draft()).toMatchObject({ document, base: 1, changed_by: expect.any(String) });
    await push(document);
    expect(await draft()).toMatchObject({ version: 0, document: null });
  });

  test('of two operators at once, ten times: one is kept, the others are refused; one that is gone comes back as another', async () => {
    const texts = Array.from({ length: 10 }, (_none, index) => `# ${index}`);
    const kept = await Promise.all(texts.map((text) => keep(text, 0)));
    expect(kept.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array.from({ length: 9 }, () => 412),
    ]);
    const version = Number((await draft())['version']);
    const drop = (of: number) =>
      call(admin, 'DELETE /v1/admin/plans/draft', { headers: { 'if-match': `"${of}"` } });
    expect(await drop(version + 1)).toMatchObject({ status: 412 });
    expect(await drop(version)).toMatchObject({ status: 200 });
    await keep('# again', 0);
    expect(await keep('# late', version)).toMatchObject({ status: 412 });
    const { body } = await call(admin, 'GET /v1/admin/audit?action=plans.draft_deleted');
    expect(body['data']).toMatchObject([{ target: { id: 'draft' } }]);
  });
});

test('a use that is reported without its subject is refused by the name of the field', async () => {
  const writer = `  writer:
    limits: { each: { kind: quota, per: month, by: subject } }
    features: { write: { consumes: each } }
    plans: { free: { price: free, grants: { each: 5 } } }
    default_plan: free
`;
  expect((await push(plans({ free: 3, pro: 100 }, writer))).status).toBe(200);
  const events = [{ id: randomUUID(), product: 'writer', feature: 'write' }];
  const { body } = await call(admin, 'POST /v1/usage-events', { body: { events } });
  const message = 'subject: A limit of this feature counts by it.';
  expect(body['data']).toMatchObject([{ status: 'refused', error: { code: 'validation_failed', message } }]);
});
