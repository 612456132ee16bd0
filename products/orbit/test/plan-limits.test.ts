import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { advanceTo } from '@plinth/testkit/factories';
import { pdfOf } from '@plinth/testkit/fixtures/documents/hostile-documents';
import type { Reply } from '@plinth/testkit/services/app';
import { extractionCalls, extractionFixture, idIn } from './extraction-fixture.ts';
import type { Workspace } from './fixture.ts';
import { waitForDocument, uploadFile } from './uploads-fixture.ts';

const app = await extractionFixture();
const { count, db, document, sandbox, useBudget, working } = app;

const BRIEF = ['Deliverables\n- An online shop with 300 products\n\nBudget\nThe total budget is $40,000.'];

/** Uses up so much of a month. */
async function useOf({ id }: Workspace, limit: string, amount: number): Promise<void> {
  await db.asMigrator(
    statement(
      `select limits.adjust_limit($1, 'orbit', row($2::text, 'quota', 'month', 'account', null, null, null)::limits.rule, $3)`,
      [id, limit, amount],
    ),
  );
}

const CALLS = ['extract', 'suggest', 'analyze'] as const;

/** A workspace of the free plan with a scope of one section and a document; what asks a model there, by name. */
async function freeOffice() {
  const workspace = await app.workspace('orbit.free');
  const by = extractionCalls(workspace.member);
  const scope = await workspace.scope(1);
  const [section] = await by.sections(scope);
  const id = await document(workspace, BRIEF);
  const calls: Readonly<Record<(typeof CALLS)[number], () => Promise<Reply>>> = {
    extract: () => by.ask(scope, [id]),
    suggest: () => by.suggest(section?.id ?? ''),
    analyze: () => by.analyze(scope),
  };
  return { workspace, by, calls, used: async () => (await workspace.member.used())['ai_calls'] };
}

/** Traces of a call that was denied: none. */
async function traces({ owner }: Workspace) {
  return {
    extractions: await count(owner.by, 'orbit.extractions'),
    analyses: await count(owner.by, 'orbit.analyses'),
    jobs: await count(owner.by, 'jobs.jobs', `kind in ('orbit.extract', 'orbit.analyze')`),
    permits: await count(owner.by, 'limits.permits', `feature = 'ai'`),
    calls: await count(owner.by, 'limits.usage_events', `feature = 'ai'`),
    requests: sandbox.requests(),
  };
}

describe('the AI calls of a month', () => {
  test.each(CALLS)(
    'used up: %s says so, and when there are more; nothing is charged or sent',
    async (name) => {
      await advanceTo(db, `2030-03-0${1 + CALLS.indexOf(name)}T12:00:00Z`);
      const { workspace, calls, used } = await freeOffice();
      await useOf(workspace, 'ai_calls', 20);
      const before = await traces(workspace);
      const denied = await calls[name]();
      expect(refusalOf(denied)).toEqual({
        status: 429,
        code: 'limit_exceeded',
        details: {
          limit: 'ai_calls',
          used: 20,
          max: 20,
          resets_at: '2030-04-01T00:00:00.000Z',
          upgrade: 'orbit.pro',
          offer: expect.objectContaining({ plan: 'orbit.pro', checkout_url: null }),
        },
      });
      expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(28 * 86_400);
      expect(denied.headers.get('ratelimit-policy')).toBe('"ai_calls";q=20');
      expect(await used()).toBe(20);
      expect(await traces(workspace)).toEqual(before);
    },
  );

  test('have room for the last one, and are there again in the next', async () => {
    await advanceTo(db, '2030-05-10T12:00:00Z');
    const { workspace, by, calls, used } = await freeOffice();
    await useOf(workspace, 'ai_calls', 19);
    const last = idIn(await calls.extract(), 'extraction_id');
    expect((await calls.analyze()).status).toBe(429);
    await working(() => by.ended(last));
    expect(await used()).toBe(20);
    await advanceTo(db, '2030-06-01T00:00:01Z');
    expect((await calls.analyze()).status).toBe(202);
    expect(await used()).toBe(1);
  });
});

test('what a day may cost, used up, denies each call to a model; nothing is charged or sent', async () => {
  await advanceTo(db, '2030-07-10T12:00:00Z');
  const { workspace, calls, used } = await freeOffice();
  expect((await calls.suggest()).status).toBe(202);
  await useBudget(workspace, 500_000);
  const before = await traces(workspace);
  for (const denied of [await calls.extract(), await calls.analyze()])
    expect(refusalOf(denied)).toMatchObject({
      status: 429,
      code: 'limit_exceeded',
      details: { limit: 'daily_cost', used: 500_000, max: 500_000, resets_at: '2030-07-11T00:00:00.000Z' },
    });
  expect(await traces(workspace)).toEqual(before);
  expect(await used()).toBe(1);
});

describe('a rate', () => {
  test('of a workspace counts the calls to models of all its members', async () => {
    const workspace = await app.workspace();
    const { owner, admin, member, viewer } = workspace;
    await owner.patch(`/v1/workspaces/${workspace.id}/members/${viewer.by.userId}`, { role: 'member' });
    const nowhere = '0193a5c8-7d1e-7b5c-9f5e-00000000ffff';
    for (const colleague of [owner, admin, member])
      for (let n = 0; n < 20; n += 1)
        expect((await extractionCalls(colleague).analyze(nowhere)).status).toBe(404);
    expect(refusalOf(await extractionCalls(viewer).analyze(nowhere))).toMatchObject({
      status: 429,
      details: { limit: 'ai_by_workspace', max: 60 },
    });
  });

  test('of exports is ten a minute', async () => {
    const workspace = await app.workspace();
    const path = `/v1/scopes/${await workspace.scope(0)}/export`;
    for (let n = 0; n < 10; n += 1)
      expect((await workspace.member.post(path, { format: 'markdown' })).status).toBe(202);
    expect((await workspace.admin.post(path, { format: 'markdown' })).status).toBe(429);
    expect(await workspace.member.used()).toMatchObject({ exports: 1 });
  });
});

/** A PDF of so many pages, each a white picture. */
function pictures(pages: number): Buffer {
  const first = 4;
  const kids = Array.from({ length: pages }, (_, n) => `${first + n} 0 R`).join(' ');
  const content = first + pages;
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages} >>`,
    {
      dictionary:
        '/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8',
      stream: Buffer.from([0xff]),
    },
    ...Array.from(
      { length: pages },
      () =>
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents ${content} 0 R /Resources << /XObject << /I 3 0 R >> >> >>`,
    ),
    { dictionary: '', stream: Buffer.from('q 90 0 0 90 5 5 cm /I Do Q') },
  ]);
}

test('of pages of OCR as many are read as the month has left, each of the others is named, and no more are charged', async () => {
  const workspace = await app.workspace('orbit.free');
  const { member } = workspace;
  await useOf(workspace, 'ocr_pages', 48);
  const id = await uploadFile(member, 'scan.pdf', pictures(4));
  expect(await working(() => waitForDocument(member, id))).toMatchObject({
    status: 'completed',
    pages: 4,
    ocr_pages: 2,
    missing: [
      { page: 3, reason: 'ocr_pages_used_up' },
      { page: 4, reason: 'ocr_pages_used_up' },
    ],
  });
  expect(await member.used()).toMatchObject({ ocr_pages: 50 });
});
