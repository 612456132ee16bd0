import { expect, describe, test, vi } from 'vitest';
import { DatabaseAway, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import { engine, testDatabase } from '@plinth/testkit/services';
import {
  figures,
  permitOf,
  holdMeters,
  ledgerLines,
  openLimits,
  permits,
  plannedCall,
  request,
  waitsForLocks,
} from '@plinth/testkit/fixtures/limits';
import { createRetryQueue } from './retry-queue.ts';

const RULES = {
  limits: { at_once: { kind: 'concurrency', by: 'account' } },
  plans: { only: { at_once: 1 } },
} as const;

/** Breaks connections, as a restart of the server does in the middle of a statement. */
const breakWaiting = statement(
  `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
);

describe.runIf(engine === 'postgres')('an end whose connection breaks', () => {
  test.each([
    ['settlement', 'settled', 'posted 30'],
    ['release', 'voided', 'voided'],
  ] as const)(
    'is told again, of a %s, until the database knows it: its place is free, its figures are exact',
    async (end, state, line) => {
      const { db, url } = await testDatabase();
      const fixture = await openLimits(db, RULES);
      const member = await fixture.member();
      const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
      await permit.send(plannedCall(100));
      if (end === 'settlement') permit.served(figures(30));
      else permit.notServed();

      const release = await holdMeters(url, member.accountId);
      const ended = end === 'settlement' ? permit.settle() : permit.release('it failed');
      const failed = expect(ended).rejects.toThrow('was lost (57P01)');
      await vi.waitFor(async () => expect(await waitsForLocks(db)).toBe(1), { timeout: 120_000 });
      await db.asMigrator(breakWaiting);
      await failed;
      await release();

      await vi.waitFor(async () => expect(await permits(db, member.accountId)).toMatchObject([{ state }]), {
        timeout: 120_000,
      });
      expect(await ledgerLines(db, member.accountId)).toEqual([line]);
      permitOf(await fixture.admit(member, { reserve: 100 }));
    },
  );
});

const away = () => Promise.reject(new DatabaseAway('It is away.', undefined));

describe('what the database was away for', () => {
  test('is told until the database answers, each once, and whatever it answers', async () => {
    const retries = createRetryQueue();
    const told: string[] = [];
    let isAway = true;
    for (const name of ['one', 'two', 'three']) {
      retries.add({ name }, async () => {
        if (isAway) return away();
        told.push(name);
        if (name === 'two') throw new AppError('not_found');
        return undefined;
      });
    }
    expect(retries.size).toBe(3);
    isAway = false;
    expect(await retries.finish(60_000)).toBe(0);
    expect(told.toSorted()).toEqual(['one', 'three', 'two']);
  });

  test('is logged, and no longer told, when the process ends before', async () => {
    const forgotten: unknown[] = [];
    const retries = createRetryQueue((facts, why) => forgotten.push([facts, why]));
    retries.add({ permit_id: 'its' }, away);
    expect(await retries.finish(0)).toBe(1);
    expect(forgotten).toEqual([[{ permit_id: 'its' }, 'late']]);
    expect(retries.size).toBe(0);
  });

  test('is so much and no more, or memory would run out next: the rest is logged', () => {
    const forgotten: unknown[] = [];
    const retries = createRetryQueue((facts, why) => forgotten.push([facts, why]));
    for (let nth = 1; nth <= 10_001; nth += 1) retries.add({ nth }, away);
    expect(retries.size).toBe(10_000);
    expect(forgotten).toEqual([[{ nth: 10_001 }, 'too_many']]);
  });

  test('does not hold up what follows when the database is there and refuses it; in the end it is logged', async () => {
    const forgotten: unknown[] = [];
    const told: string[] = [];
    const retries = createRetryQueue((facts, why) => forgotten.push([facts, why]), { first: 1, longest: 1 });
    retries.add({ name: 'broken' }, () => Promise.reject(new Error('no such function')));
    retries.add({ name: 'sound' }, async () => {
      // The one before has not been given up yet.
      expect(forgotten).toEqual([]);
      told.push('sound');
    });
    expect(await retries.finish(60_000)).toBe(0);
    expect(told).toEqual(['sound']);
    expect(forgotten).toEqual([[{ name: 'broken' }, 'refused']]);
  });
});

test('figures of a permit that a failover has lost are logged', async () => {
  const { db } = await testDatabase();
  const fixture = await openLimits(db, RULES);
  const forgotten: unknown[] = [];
  const limits = fixture.limitsWith({ onForgotten: (facts, why) => forgotten.push([facts, why]) });
  const member = await fixture.member();
  const permit = permitOf(await limits.admit(request(member, { reserve: 100 })));
  await permit.send(plannedCall(100));
  permit.served(figures(30));
  await db.asMigrator(statement('delete from limits.permits where id = $1', [permit.id]));
  await expect(permit.settle()).rejects.toMatchObject({ code: 'permit_stale' });
  expect(forgotten).toMatchObject([[{ permit_id: permit.id, calls: [{ u: { cost: 30 } }] }, 'unknown']]);
});
