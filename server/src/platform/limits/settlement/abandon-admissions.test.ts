import { expect, describe, test, vi } from 'vitest';
import { DatabaseAway } from '#platform/db';
import { cutDatabase, engine, testDatabase } from '@plinth/testkit/services';
import {
  permitOf,
  limitsCatalogue,
  kill,
  ledgerLines,
  openLimits,
  openNode,
  permits,
  request,
  waitsForLocks,
  windows,
} from '@plinth/testkit/fixtures/limits';

const RULES = {
  limits: {
    at_once: { kind: 'concurrency', by: 'account' },
    calls: { kind: 'quota', per: 'month', by: 'account' },
    money: { kind: 'budget', per: 'month', by: 'account' },
  },
  plans: { only: { at_once: 2, calls: 5, money: 1_000 } },
} as const;

const ADMISSION = /limits\.admit\(/;

/** Limits whose database is asked for admissions by a way that can lose answers. */
async function openCut() {
  const { db, url } = await testDatabase();
  const fixture = await openLimits(db, RULES);
  const { cutter, through } = await cutDatabase(url);
  const node = await openNode(through, [limitsCatalogue(RULES)]);
  const member = await fixture.member();
  const admit = (more: { key?: string } = {}) =>
    node.limits.admit(request(member, { reserve: 100, ...more }));
  const waitUntilTold = () =>
    vi.waitFor(() => expect(node.limits.retries.size).toBe(0), { timeout: 120_000 });
  return { db, fixture, cutter, node, member, admit, told: waitUntilTold };
}

describe.runIf(engine === 'postgres')('an admission whose answer was lost', () => {
  test('is given back as soon as the database answers: two of them, on two places, leave both free, and nothing is charged', async () => {
    const { db, fixture, cutter, member, admit, told } = await openCut();
    for (const nth of [1, 2]) {
      void cutter.cutNextCommit(ADMISSION);
      await expect(admit()).rejects.toThrow(DatabaseAway);
      expect(cutter.cuts).toBe(nth);
      // The return of the first one would hold up the second one, whose answer were that it has to come again.
      await told();
    }
    expect(await permits(db, member.accountId)).toMatchObject([
      { state: 'voided', reason: 'answer lost' },
      { state: 'voided', reason: 'answer lost' },
    ]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided', 'voided']);
    expect(await windows(db, member.accountId)).toEqual({ 'demo calls': 0, 'demo money': 0 });
    permitOf(await fixture.admit(member));
    permitOf(await fixture.admit(member));
  });

  test('frees its Idempotency-Key: the repeat is admitted, and charged once', async () => {
    const { db, cutter, member, admit, told } = await openCut();
    void cutter.cutNextCommit(ADMISSION);
    await expect(admit({ key: 'one' })).rejects.toThrow(DatabaseAway);
    await told();
    permitOf(await admit({ key: 'one' }));
    expect(await windows(db, member.accountId)).toEqual({ 'demo calls': 1, 'demo money': 100 });
    expect((await admit({ key: 'one' })).kind).toBe('running');
  });

  test('is given back when it is committed after its process has asked for that', async () => {
    const { db, cutter, member, admit, told } = await openCut();
    const held = cutter.holdNextCommit(ADMISSION);
    await expect(admit()).rejects.toThrow(DatabaseAway);
    const release = await held;
    await vi.waitFor(async () => expect(await waitsForLocks(db)).toBe(1), { timeout: 120_000 });
    expect(await release()).toBe('COMMIT');
    await told();
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'voided', reason: 'answer lost' }]);
    expect(await windows(db, member.accountId)).toEqual({ 'demo calls': 0, 'demo money': 0 });
  });

  test('can not be committed any more when it arrives after that was asked for', async () => {
    const { db, cutter, member, admit, told } = await openCut();
    const held = cutter.holdNextCommit(ADMISSION, 'whole');
    await expect(admit({ key: 'late' })).rejects.toThrow(DatabaseAway);
    const release = await held;
    await told();
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'voided', reason: 'answer lost' }]);
    expect(await release()).toBe('ROLLBACK');
    expect(await windows(db, member.accountId)).toEqual({});
    permitOf(await admit({ key: 'late' }));
    expect(await windows(db, member.accountId)).toEqual({ 'demo calls': 1, 'demo money': 100 });
  });

  test('that a sweep has closed as if its call had gone out is given back all the same', async () => {
    const { db, fixture, cutter, node, member, admit, told } = await openCut();
    void cutter.cutNextCommit(ADMISSION);
    const lost = expect(admit()).rejects.toThrow(DatabaseAway);
    await lost;
    cutter.refuse();
    await kill({ ...node, db });
    await fixture.limits.sweep();
    cutter.resume();
    await told();
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'correction -100']);
    expect(await windows(db, member.accountId)).toEqual({ 'demo calls': 0, 'demo money': 0 });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'voided' }]);
  });
});
