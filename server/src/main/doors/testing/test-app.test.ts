import { statement } from '#platform/db';
import { expect, test } from 'vitest';
import { engine, testDatabase } from '@plinth/testkit/services';
import { testApp } from './index.ts';

test.runIf(engine === 'postgres')(
  'a server for tests has a PostgreSQL database of its own, which its end drops',
  async () => {
    const { db, url } = await testDatabase({ empty: true });
    const names = statement<{ datname: string }>(
      `select datname from pg_database where datname like 'plinth\\_test\\_%'`,
    );
    const before = (await db.asMigrator(names)).length;
    const server = await testApp({ databaseUrl: url });
    expect(await db.asMigrator(names)).toHaveLength(before + 1);
    const { key, accountId } = await server.customer('reel.basic');
    await server.advance('1 day');
    const { status, body } = await server.call(key, 'GET /v1/me');
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain(accountId);
    await server.close();
    expect(await db.asMigrator(names)).toHaveLength(before);
  },
);
