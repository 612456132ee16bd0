import { expect, test, vi } from 'vitest';
import { engine, testDatabase } from '@plinth/testkit/services';
import { openDatabase, statement } from './index.ts';

test.runIf(engine === 'postgres')(
  'a connection stays open through minutes without work, for a new one plans all statements anew',
  async () => {
    const { url } = await testDatabase();
    const db = await openDatabase({ engine: 'postgres', url, poolSize: 1 });
    const backend = () => db.asMigrator(statement('select pg_backend_pid() as pid'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const before = await backend();
      await vi.advanceTimersByTimeAsync(240_000);
      expect(await backend()).toEqual(before);
      await vi.advanceTimersByTimeAsync(360_000);
      expect(await backend()).not.toEqual(before);
    } finally {
      vi.useRealTimers();
      await db.close();
    }
  },
);
