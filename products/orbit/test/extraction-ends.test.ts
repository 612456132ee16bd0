import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { systemClock } from '#platform/kernel';
import type { Reply } from '@plinth/testkit/services/app';
import { extractionFixture, idIn, LONG } from './extraction-fixture.ts';
import type { Workspace } from './fixture.ts';
import { commitStops } from './stops.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
let ahead = 0;
/** Milliseconds after which an extraction begins no further part: twenty-five minutes and a little. */
const LATER = 1_501_000;
const stops = commitStops();
const { count, db, document, office, sandbox, working } = await extractionFixture({
  over: stops.over,
  clock: { now: systemClock.now, monotonic: () => systemClock.monotonic() + ahead },
  crashHook: death.crashHook,
});

beforeEach(() => {
  sandbox.faults.always(null);
});

const extractionId = (reply: Reply) => idIn(reply, 'extraction_id');
const BAD = { kind: 'bad_content' } as const;
const SERVED = { kind: 'latency', ms: 0 } as const;

/** It was begun three times already, as by processes that died at it; who is killed by it five times is enough. */
const begunThrice = (id: string) =>
  db.asMigrator(statement('update orbit.extractions set starts = 3 where id = $1', [id]));

/** Open permits of a workspace, and its calls of a provider by what the ledger says of them. */
async function ledgerOf({ owner }: Workspace) {
  return {
    open: await count(owner.by, 'limits.permits', `state not in ('settled', 'voided')`),
    posted: await count(owner.by, 'limits.usage_events', `state = 'posted'`),
    under_way: await count(owner.by, 'limits.usage_events', `state in ('pending', 'sent')`),
  };
}

const modulesIn = (sections: readonly { readonly content: string }[]) =>
  sections.flatMap(({ content }) => content.match(/module \d+/gu) ?? []);

describe('an extraction whose process dies', () => {
  test.each(['before orbit.extract-start', 'after orbit.extract-start'])(
    '%s is begun again, and charged once',
    async (where) => {
      const { workspace, by, scope, used } = await office();
      const id = await document(workspace, LONG);
      const asked = extractionId(await by.ask(scope, [id]));
      const before = sandbox.bill().length;
      death.plan(where);
      expect(await working(() => by.ended(asked))).toMatchObject({ status: 'completed', missing: [] });
      expect(modulesIn(await by.sections(scope))).toEqual(['module 1', 'module 2', 'module 3']);
      expect(sandbox.bill().length - before).toBe(3);
      expect(await used()).toBe(1);
      expect(await ledgerOf(workspace)).toEqual({ open: 0, posted: 3, under_way: 0 });
    },
  );

  test.each(['before orbit.extract-fail', 'after orbit.extract-fail'])(
    '%s has failed once, and its call is given back once',
    async (where) => {
      const { workspace, by, scope, used } = await office();
      const id = await document(workspace, LONG.slice(0, 1));
      const asked = extractionId(await by.ask(scope, [id]));
      sandbox.faults.always(BAD);
      death.plan(where);
      const end = await working(() => by.ended(asked));
      expect(end).toMatchObject({ status: 'failed', error: { code: 'answer_unusable' }, section_ids: [] });
      expect(await used()).toBe(0);
      expect(await ledgerOf(workspace)).toMatchObject({ open: 0, under_way: 0 });
    },
  );

  test('again and again before it stores anything is given up with a reason, and its call given back', async () => {
    const { workspace, by, scope, used } = await office();
    const id = await document(workspace, LONG);
    const asked = extractionId(await by.ask(scope, [id]));
    await begunThrice(asked);
    const before = sandbox.bill().length;
    death.plan('before orbit.extract-chunk', Infinity);
    const end = await working(() => by.ended(asked));
    expect(end).toMatchObject({ status: 'failed', error: { code: 'provider_unavailable' }, missing: [] });
    expect(sandbox.bill().length - before).toBe(2);
    expect(await used()).toBe(0);
    expect(await ledgerOf(workspace)).toEqual({ open: 0, posted: 2, under_way: 0 });
  });

  test('again and again after a part was stored keeps what it read', async () => {
    const { workspace, by, scope, used } = await office();
    const id = await document(workspace, LONG);
    const asked = extractionId(await by.ask(scope, [id]));
    const stop = stops.stopAt('after orbit.extract-chunk');
    const end = await working(async () => {
      await stop.reached;
      await begunThrice(asked);
      death.plan('before orbit.extract-chunk', Infinity);
      stop.goOn();
      return by.ended(asked);
    });
    expect(end).toMatchObject({
      status: 'completed',
      missing: [{ from_page: 2, to_page: 3, reason: 'provider' }],
      progress: { done: 1, total: 3 },
    });
    expect(modulesIn(await by.sections(scope))).toEqual(['module 1']);
    expect(await used()).toBe(1);
    expect(await ledgerOf(workspace)).toMatchObject({ open: 0, under_way: 0 });
  });
});

describe('an extraction that goes on after another', () => {
  test('and reads nothing new has failed, and its call is given back', async () => {
    const { workspace, by, scope, used } = await office();
    const id = await document(workspace, LONG.slice(0, 2));
    sandbox.faults.next(SERVED, BAD, BAD, BAD);
    const first = await working(async () => by.ended(extractionId(await by.ask(scope, [id]))));
    expect(first).toMatchObject({ status: 'completed', missing: [{ reason: 'unusable' }] });
    sandbox.faults.next(BAD, BAD, BAD);
    const second = await working(async () => by.ended(extractionId(await by.ask(scope, [id]))));
    expect(second).toMatchObject({
      status: 'failed',
      continues: true,
      error: { code: 'answer_unusable' },
      section_ids: [],
    });
    expect(await used()).toBe(1);
    const third = await working(async () => by.ended(extractionId(await by.ask(scope, [id]))));
    expect(third).toMatchObject({ status: 'completed', continues: true, missing: [], confidence: 1 });
    expect(modulesIn(await by.sections(scope))).toEqual(['module 1', 'module 2']);
    expect(await used()).toBe(2);
    expect(await ledgerOf(workspace)).toMatchObject({ open: 0, under_way: 0 });
  });

  test('reads what is over one extraction’s size', async () => {
    const { workspace, by, scope, used } = await office();
    const [page = ''] = LONG;
    const pages = Array.from({ length: 102 }, (_, n) => page.replace('module 1', `module ${n + 1}`));
    const id = await document(workspace, pages);
    const before = sandbox.bill().length;
    const first = await working(async () => {
      const asked = extractionId(await by.ask(scope, [id]));
      await expect.poll(async () => (await by.read(asked)).status).toBe('completed');
      return by.read(asked);
    });
    expect(first).toMatchObject({
      missing: [{ from_page: 101, to_page: 102, reason: 'size' }],
      progress: { done: 100, total: 102 },
    });
    expect(sandbox.bill().length - before).toBe(100);
    const second = await working(async () => by.ended(extractionId(await by.ask(scope, [id]))));
    expect(second).toMatchObject({ status: 'completed', continues: true, missing: [] });
    expect(sandbox.bill().length - before).toBe(102);
    const [told, ...more] = await by.sections(scope);
    expect(modulesIn(told === undefined ? [] : [told])).toHaveLength(100);
    expect(modulesIn(more)).toEqual(['module 101', 'module 102']);
    expect(await used()).toBe(2);
  });

  test('reads what one extraction had no time for', async () => {
    const { workspace, by, scope, used } = await office();
    const id = await document(workspace, LONG);
    const asked = extractionId(await by.ask(scope, [id]));
    const stop = stops.stopAt('after orbit.extract-chunk');
    const first = await working(async () => {
      await stop.reached;
      // It is later for the one look at the clock that follows, and not for the watch over a lease.
      ahead = LATER;
      stop.goOn();
      await setImmediate();
      ahead = 0;
      return by.ended(asked);
    });
    expect(first).toMatchObject({
      status: 'completed',
      missing: [{ from_page: 2, to_page: 3, reason: 'time' }],
    });
    const second = await working(async () => by.ended(extractionId(await by.ask(scope, [id]))));
    expect(second).toMatchObject({ status: 'completed', continues: true, missing: [] });
    expect(modulesIn(await by.sections(scope))).toEqual(['module 1', 'module 2', 'module 3']);
    expect(await used()).toBe(2);
    expect(await ledgerOf(workspace)).toEqual({ open: 0, posted: 3, under_way: 0 });
  });
});
