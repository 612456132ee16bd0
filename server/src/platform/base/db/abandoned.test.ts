import pg from 'pg';
import { expect, test, vi } from 'vitest';
import { engine, testDatabase } from '@plinth/testkit/services';
import { statement } from './index.ts';

const SOON = { timeout: 120_000 };

test.runIf(engine === 'postgres')(
  'a statement whose answer nobody reads holds its rows until another process ends it',
  async () => {
    const { db, url } = await testDatabase();
    await db.script('create table public.notes (id int primary key); insert into public.notes values (1)');
    const held = statement('select from public.notes where id = 1 for update nowait');
    const isHeld = () =>
      db.asMigrator(held).then(
        () => false,
        () => true,
      );
    const client = new pg.Client({ connectionString: url, application_name: 'plinth' });
    client.on('error', () => {});
    await client.connect();
    // For the connection that never writes nothing is at stake, however long it waits.
    const reader = new pg.Client({ connectionString: url, application_name: 'plinth' });
    await reader.connect();
    const reads = reader.query("select repeat('x', 30000000) as answer");
    reader.connection.stream.pause();
    const failed = expect(
      client.query("update public.notes set id = id returning repeat('x', 30000000)"),
    ).rejects.toThrow();
    client.connection.stream.pause();
    await vi.waitFor(async () => expect(await isHeld()).toBe(true), SOON);
    await vi.waitFor(async () => expect(await db.endAbandoned(0)).toBe(1), SOON);
    await vi.waitFor(async () => expect(await isHeld()).toBe(false), SOON);
    expect(await db.endAbandoned(0)).toBe(0);
    for (const { connection } of [client, reader]) connection.stream.resume();
    await failed;
    expect((await reads).rows).toHaveLength(1);
    await reader.end();
  },
);
