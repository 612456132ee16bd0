import { afterAll, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { engine } from '@plinth/testkit/services';
import { endAll, startProgram } from '@plinth/testkit/program';
import { extractionFixture, idIn, LONG } from './extraction-fixture.ts';
import type { Workspace } from './fixture.ts';

const { app, database, db, document, office, sandbox, working } = await extractionFixture();

afterAll(endAll);

/** A worker of its own on the same database, files and provider, which is killed at one passing of a point. */
function doomedWorker(at: string) {
  const { dataDir } = app.modules.options.config;
  const { url: base_url, apiKey: api_key } = sandbox;
  const upstream = { name: 'sandbox', base_url, api_key, models: ['sandbox-small', 'sandbox-large'] };
  return startProgram(['worker'], {
    cwd: dataDir,
    environment: {
      ...database.settings,
      NODE_ENV: 'test',
      DATA_DIR: dataDir,
      PORT: '0',
      LOG_LEVEL: 'error',
      AI_UPSTREAMS: JSON.stringify([upstream]),
      CRASH_AT: at,
    },
  });
}

/** The lease of the dead worker is over; those of others are not. */
async function leaseRunsOut(): Promise<void> {
  await db.asMigrator(
    statement(`update limits.holders set expires_at = app.now()
      where id in (select holder from jobs.jobs where state = 'running' and kind = 'orbit.extract')`),
  );
}

/** Rows of the ledger for the calls of a workspace: one each, and whether its figures are the provider's. */
async function ledgerOf({ id }: Workspace) {
  const rows = await db.asMigrator(
    statement<{ state: string; estimated: boolean }>(
      `select state, estimated from limits.usage_events where account_id = $1 and feature = 'ai' and corrects is null`,
      [id],
    ),
  );
  const open = await db.asMigrator(
    statement<{ id: string }>(
      `select id from limits.permits where account_id = $1 and state not in ('settled', 'voided')`,
      [id],
    ),
  );
  return {
    states: [...new Set(rows.map(({ state }) => state))],
    calls: rows.length,
    guessed: rows.filter(({ estimated }) => estimated).length,
    open: open.length,
  };
}

describe.runIf(engine === 'postgres')('an extraction whose worker is killed', () => {
  test.each([
    {
      at: 'ai.answer:after',
      when: 'when the model has answered and nothing is stored',
      calls: 4,
      guessed: 1,
    },
    { at: 'orbit.extract-chunk:after:2', when: 'when a part is stored', calls: 3, guessed: 1 },
    {
      at: 'orbit.extract-complete:before',
      when: 'when all is read and no section is stored',
      calls: 3,
      guessed: 1,
    },
    { at: 'orbit.extract-complete:after', when: 'when its sections are stored', calls: 3, guessed: 0 },
  ])('$when loses nothing, and is charged once', async ({ at, calls, guessed }) => {
    const { workspace, by, scope, used } = await office();
    const id = await document(workspace, LONG);
    const before = sandbox.bill().length;
    const doomed = doomedWorker(at);
    await doomed.url();
    const asked = idIn(await by.ask(scope, [id]), 'extraction_id');
    expect(await doomed.ended, doomed.said()).toEqual({ code: null, signal: 'SIGKILL' });
    await leaseRunsOut();
    const end = await working(async () => {
      await expect.poll(async () => (await by.read(asked)).status).toBe('completed');
      return by.read(asked);
    });
    expect(end).toMatchObject({ missing: [], confidence: 1, progress: { done: 3, total: 3 } });
    const [section, ...more] = await by.sections(scope);
    expect(more).toEqual([]);
    expect(section?.content.match(/module \d/gu)).toEqual(['module 1', 'module 2', 'module 3']);
    expect(section?.id).toBe(end.section_ids[0]);
    // Each call that the provider served has one row, and nothing is asked for that was stored.
    expect(sandbox.bill().length - before).toBe(calls);
    expect(await ledgerOf(workspace)).toEqual({ states: ['posted'], calls, guessed, open: 0 });
    expect(await used()).toBe(1);
  });
});
