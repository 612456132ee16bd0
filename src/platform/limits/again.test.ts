import { expect, describe, test, vi } from 'vitest';
import { statement } from '#platform/db';
import { engine, testDatabase } from '#test/services';
import {
  figures,
  granted,
  holdMeters,
  ledgerLines,
  openGym,
  permits,
  planned,
  waitsForLocks,
} from '#test/gym';

const RULES = {
  limits: { at_once: { kind: 'concurrency', by: 'account' } },
  plans: { only: { at_once: 1 } },
} as const;

/** What happens when a server is restarted in the middle of a statement. */
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
      const gym = await openGym(db, RULES);
      const member = await gym.member();
      const permit = granted(await gym.admit(member, { reserve: 100 }));
      await permit.send(planned(100));
      if (end === 'settlement') permit.served(figures(30));
      else permit.notServed();

      const release = await holdMeters(url, member.accountId);
      const ended = end === 'settlement' ? permit.settle() : permit.release('it failed');
      const failed = expect(ended).rejects.toThrow('terminating connection');
      await vi.waitFor(async () => expect(await waitsForLocks(db)).toBe(1));
      await db.asMigrator(breakWaiting);
      await failed;
      await release();

      await vi.waitFor(async () => expect(await permits(db, member.accountId)).toMatchObject([{ state }]), {
        timeout: 10_000,
      });
      expect(await ledgerLines(db, member.accountId)).toEqual([line]);
      granted(await gym.admit(member, { reserve: 100 }));
    },
  );
});
