import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { holdRows, waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { engine } from '@plinth/testkit/services';
import type { Reply } from '@plinth/testkit/services/app';
import { extractionFixture, idIn, LONG } from './extraction-fixture.ts';
import type { Workspace } from './fixture.ts';
import { commitStops } from './stops.ts';

const onPostgres = test.runIf(engine === 'postgres');
const stops = commitStops();
const app = await extractionFixture({ over: stops.over });
const { count, db, document, leaveOfBudget, office, sandbox, working } = app;

const extractionId = (reply: Reply) => idIn(reply, 'extraction_id');
type Office = Awaited<ReturnType<typeof office>>;

/** Rest of a workspace's work: open permits, and how its jobs of a kind have ended. */
async function leftOf({ id: accountId, owner }: Workspace, kind: string) {
  const open = await count(owner.by, 'limits.permits', `state not in ('settled', 'voided')`);
  const jobs = await db.asMigrator(
    statement<{ state: string }>(
      'select state from jobs.jobs where account_id = $1 and kind = $2 order by created_at, id',
      [accountId, kind],
    ),
  );
  return { open, jobs: jobs.map(({ state }) => state) };
}

async function setStatus({ workspace, scope }: Office, ...statuses: readonly string[]): Promise<void> {
  for (const status of statuses)
    expect((await workspace.member.patch(`/v1/scopes/${scope}/status`, { status })).status).toBe(200);
}

/** Acts of a member on a document or scope that is being read, and how each is undone, if it can be. */
const ACTS: readonly {
  readonly what: string;
  readonly code: string;
  readonly act: (of: Office, documentId: string) => Promise<void>;
  readonly undo?: (of: Office) => Promise<void>;
}[] = [
  {
    what: 'whose document is deleted',
    code: 'document_not_found',
    async act({ workspace }, documentId) {
      expect((await workspace.member.remove(`/v1/documents/${documentId}`)).status).toBe(204);
    },
  },
  {
    what: 'whose scope is thrown away',
    code: 'scope_not_found',
    async act({ workspace, scope }) {
      expect((await workspace.member.remove(`/v1/scopes/${scope}`)).status).toBe(200);
    },
    async undo({ workspace, scope }) {
      expect((await workspace.member.post(`/v1/scopes/${scope}/restore`)).status).toBe(200);
    },
  },
  {
    what: 'whose scope is sent',
    code: 'scope_frozen',
    act: (of) => setStatus(of, 'in_review', 'approved', 'sent'),
    undo: (of) => setStatus(of, 'draft'),
  },
];

describe('an extraction', () => {
  test.each(ACTS)('$what meanwhile sends nothing more to a model, and is given back', async (at) => {
    const of = await office();
    const { workspace, by, scope, used } = of;
    const id = await document(workspace, LONG);
    const asked = extractionId(await by.ask(scope, [id]));
    const before = sandbox.requests();
    const stop = stops.stopAt('after orbit.extract-chunk');
    await working(async () => {
      await stop.reached;
      await at.act(of, id);
      stop.goOn();
      expect(await by.ended(asked)).toMatchObject({
        status: 'failed',
        error: { code: at.code },
        section_ids: [],
        confidence: null,
      });
    });
    expect(sandbox.requests() - before).toBe(1);
    expect(await used()).toBe(0);
    expect(await leftOf(workspace, 'orbit.extract')).toEqual({ open: 0, jobs: ['dead'] });
    if (at.undo === undefined) return;
    await at.undo(of);
    expect(await by.sections(scope)).toEqual([]);
    const next = await working(async () => by.ended(extractionId(await by.ask(scope, [id]))));
    expect(next).toMatchObject({ status: 'completed', continues: true, missing: [] });
    // A chunk that was read before is not asked for again.
    expect(sandbox.requests() - before).toBe(3);
    expect(await used()).toBe(1);
  });

  test('whose document is deleted when all of it is read keeps its sections, as one that was deleted later', async () => {
    const { workspace, by, scope, used } = await office();
    const id = await document(workspace, LONG);
    const asked = extractionId(await by.ask(scope, [id]));
    const stop = stops.stopAt('before orbit.extract-complete');
    await working(async () => {
      await stop.reached;
      expect((await workspace.member.remove(`/v1/documents/${id}`)).status).toBe(204);
      stop.goOn();
      expect(await by.ended(asked)).toMatchObject({ status: 'completed', missing: [] });
    });
    expect((await by.sections(scope)).flatMap(({ citations }) => citations)).toHaveLength(3);
    expect(await used()).toBe(1);
    expect(await leftOf(workspace, 'orbit.extract')).toEqual({ open: 0, jobs: ['done'] });
  });

  test('whose plan ends meanwhile keeps what it read, within what is left of the smaller budget', async () => {
    const { workspace, by, scope, used } = await office();
    const id = await document(workspace, LONG);
    const asked = extractionId(await by.ask(scope, [id]));
    // The reserve is enough for one part; the day's use is above the free plan's limit and below the team's.
    await leaveOfBudget(workspace, 3_000, 1_000_000);
    const before = sandbox.requests();
    const stop = stops.stopAt('after orbit.extract-chunk');
    await working(async () => {
      await stop.reached;
      await endPlan(workspace);
      stop.goOn();
      expect(await by.ended(asked)).toMatchObject({
        status: 'completed',
        missing: [{ from_page: 2, to_page: 3, reason: 'budget' }],
        progress: { done: 1, total: 3 },
      });
    });
    expect(sandbox.requests() - before).toBe(1);
    expect(await by.sections(scope)).toHaveLength(1);
    expect(await used()).toBe(1);
    expect(await leftOf(workspace, 'orbit.extract')).toEqual({ open: 0, jobs: ['done'] });
  });
});

/** Takes all plans of a workspace from it: from now on it has the free one. */
async function endPlan({ id, owner }: Workspace): Promise<void> {
  const admin = await app.admin();
  const { body } = await app.call(admin.key, `GET /v1/admin/grants?account_id=${id}`);
  for (const grant of body['data'] as readonly { readonly id: string }[])
    expect((await app.call(admin.key, `DELETE /v1/admin/grants/${grant.id}`)).status).toBe(200);
  const { body: usage } = await owner.get('/v1/usage');
  expect(usage['data']).toContainEqual(expect.objectContaining({ limit: 'daily_cost', max: 500_000 }));
}

const BAD = { kind: 'bad_content' } as const;

/** A scope whose documents say one thing twice, the second unread: the rest adds no section. */
async function halfRead() {
  const of = await office();
  const { workspace, by, scope } = of;
  const [page = ''] = LONG;
  const id = await document(workspace, [page, page]);
  const asked = extractionId(await by.ask(scope, [id]));
  sandbox.faults.next({ kind: 'latency', ms: 0 }, BAD, BAD, BAD);
  expect(await working(() => by.ended(asked))).toMatchObject({ status: 'completed', confidence: 0.5 });
  const readScope = async () => (await workspace.viewer.get(`/v1/scopes/${scope}`)).body;
  return { ...of, shown: readScope, next: extractionId(await by.ask(scope, [id])) };
}

describe('a scope that is sent while the last of its documents is read', () => {
  test('is as it was sent, and the call is given back, though no section would be added', async () => {
    const of = await halfRead();
    const { workspace, by, used, next, shown } = of;
    const stop = stops.stopAt('before orbit.extract-complete');
    await working(async () => {
      await stop.reached;
      await setStatus(of, 'in_review', 'approved', 'sent');
      const sent = await shown();
      stop.goOn();
      expect(await by.ended(next)).toMatchObject({ status: 'failed', error: { code: 'scope_frozen' } });
      expect(await shown()).toEqual(sent);
      expect(sent).toMatchObject({ status: 'sent', confidence: 0.5 });
    });
    expect(await used()).toBe(1);
    expect(await leftOf(workspace, 'orbit.extract')).toEqual({ open: 0, jobs: ['done', 'dead'] });
  });

  onPostgres('is as it was sent, when both are committed at one moment', async () => {
    const { workspace, by, scope, used, next, shown } = await halfRead();
    const sending = await holdRows(app.database.url, [
      statement(`update orbit.scopes set status = 'sent', version = version + 1 where id = $1`, [scope]),
    ]);
    await working(async () => {
      await expect.poll(() => waitsForLocks(db)).toBe(1);
      await sending();
      expect(await by.ended(next)).toMatchObject({ status: 'failed', error: { code: 'scope_frozen' } });
    });
    expect(await shown()).toMatchObject({ status: 'sent', confidence: 0.5 });
    expect(await used()).toBe(1);
    expect(await leftOf(workspace, 'orbit.extract')).toEqual({ open: 0, jobs: ['done', 'dead'] });
  });

  test('has its new confidence where it is a draft still', async () => {
    const { by, used, next, shown } = await halfRead();
    expect(await working(() => by.ended(next))).toMatchObject({ status: 'completed', section_ids: [] });
    expect(await shown()).toMatchObject({ confidence: 1 });
    expect(await used()).toBe(2);
  });
});
