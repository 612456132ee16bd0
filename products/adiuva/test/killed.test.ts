import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { endAll, startProgram } from '@plinth/testkit/program';
import { sha256 } from './fixture.ts';

afterAll(endAll);

test('a process that is killed in the middle of an upload leaves nothing stored, and the sweep gives its storage back', async () => {
  const { db, settings } = await testDatabase();
  const folder = temporaryFolder();
  const run = () =>
    startProgram(['start'], { cwd: folder, environment: { ...settings, DATA_DIR: folder, PORT: '0' } });
  const sums = async () => {
    const [row] = await db.asMigrator(
      statement<{ used: number; files: number; records: number }>(
        `select (select coalesce(sum(used), 0) from limits.gauges where name = 'storage' and product = 'adiuva')::float8 as used,
           (select count(*) from blobs.blobs where status <> 'forgotten')::int as files,
           (select count(*) from adiuva.records)::int as records`,
      ),
    );
    return row;
  };
  const first = run();
  const { hostname, port } = new URL(await first.url());
  const { api_key: key } = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as {
    api_key: string;
  };
  const bytes = randomBytes(1_000_000);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(
    [
      'POST /v1/storage/records?table=notes HTTP/1.1',
      'host: localhost',
      `authorization: Bearer ${key}`,
      'content-type: application/octet-stream',
      `x-checksum: ${sha256(bytes)}`,
      `content-length: ${bytes.length}`,
      '\r\n',
    ].join('\r\n'),
  );
  socket.write(bytes.subarray(0, 600_000));
  const unfinished = join(folder, 'blobs/.unfinished');
  const coming = () => (existsSync(unfinished) ? readdirSync(unfinished).length : 0);
  // The look at the folder of a start has a file there too, for a moment.
  await expect
    .poll(async () => ({ coming: coming(), ...(await sums()) }))
    .toEqual({ coming: 1, used: 1_000_000, files: 1, records: 0 });
  first.kill('SIGKILL');
  await first.ended;
  const second = run();
  await second.url();
  await advance(db, '6 minutes');
  await expect.poll(sums).toEqual({ used: 0, files: 0, records: 0 });
  second.kill('SIGTERM');
  await second.ended;
});
