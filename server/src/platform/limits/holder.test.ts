import { describe, expect, test } from 'vitest';
import { kill, limitsCatalogue, openNode } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const catalogue = limitsCatalogue({ limits: {}, plans: { only: {} } });
/** Longer than a lease, in milliseconds. */
const AWAY = 40_000;

/** A process whose two clocks go on as the test says. */
async function open(on = db) {
  const at = { ms: 1_000_000, wall: 1_700_000_000_000 };
  const node = await openNode(on, [catalogue], { monotonic: () => at.ms, now: () => at.wall });
  return { ...node, at };
}

describe('whether a lease is good is known without a timer and without a query', () => {
  test('a process that was stopped for longer is told at the first question, and ends', async () => {
    const { holder, at, lost } = await open();
    expect(holder.isGood()).toBe(true);
    at.ms += AWAY;
    at.wall += AWAY;
    expect([holder.isGood(), holder.isGood()]).toEqual([false, false]);
    expect(lost).toEqual(['the lease could not be renewed in time']);
  });

  test('a process whose machine slept, so that its monotonic clock stood still, is told too, and ends when the database says so', async () => {
    const node = await open();
    node.at.wall += AWAY;
    await kill(node);
    expect(node.holder.isGood()).toBe(false);
    await expect.poll(() => node.lost).toEqual(['the lease of this process has run out']);
    expect(node.holder.isGood()).toBe(false);
  });

  test('a wall clock that is set forward ends no healthy process: its lease is renewed, and good again', async () => {
    const { holder, at, lost } = await open();
    at.wall += AWAY;
    expect(holder.isGood()).toBe(false);
    await expect.poll(() => holder.isGood()).toBe(true);
    expect(lost).toEqual([]);
  });

  test('a wall clock that is set back hides no pause that the monotonic clock shows', async () => {
    const { holder, at } = await open();
    at.wall -= AWAY;
    expect(holder.isGood()).toBe(true);
    at.ms += AWAY;
    expect(holder.isGood()).toBe(false);
  });

  test('a renewal that fails is tried again each second, and not at the next that is due', async () => {
    const asked: boolean[] = [];
    const failing = (async (use: string, ...more: unknown[]) => {
      if (more[0] !== 'limits.holder-renew') return (db.system as typeof failing)(use, ...more);
      asked.push(asked.length > 0);
      if (asked.length === 1) throw new Error('the database is away');
      return (db.system as typeof failing)(use, ...more);
    }) as (use: string, ...more: unknown[]) => Promise<unknown>;
    const { holder, at, lost } = await open({ ...db, system: failing as typeof db.system });
    const forth = (ms: number) => {
      at.ms += ms;
      at.wall += ms;
    };
    forth(11_000);
    expect(await holder.renew()).toBe(true);
    // Its clocks go no faster than ours: the next renewal that is due comes when the lease is lost.
    await expect
      .poll(
        () => {
          forth(100);
          return asked;
        },
        { interval: 100 },
      )
      .toEqual([false, true]);
    expect(lost).toEqual([]);
    forth(11_000);
    expect(holder.isGood()).toBe(true);
  });

  test('a lease that was ended in good order is good for nothing more', async () => {
    const { holder } = await open();
    await holder.end();
    expect(holder.isGood()).toBe(false);
  });
});
