import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { expect, test, vi } from 'vitest';
import { npmBinaries } from './binaries.ts';
import { startPostgres } from './postgres.ts';

const binaries = await npmBinaries();

const START = `
const { npmBinaries } = await import(${JSON.stringify(new URL('./binaries.ts', import.meta.url).href)});
const { startPostgres } = await import(${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)});
console.log((await startPostgres({ binaries: await npmBinaries() })).adminUrl);
setInterval(() => {}, 1000);`;

async function connectTo(url: string): Promise<{ client: Client; data: string; gone: Promise<unknown> }> {
  const client = new Client({ connectionString: url });
  // The server goes away under it: that is the point.
  client.on('error', () => {});
  const gone = new Promise((resolve) => client.once('end', resolve));
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>('show data_directory');
  return { client, data: rows[0]?.data_directory ?? '', gone };
}

test.runIf(binaries)('a server and its data are gone when the run that started it is killed', async () => {
  const starter = spawn(process.execPath, ['--input-type=module', '--eval', START], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(createInterface({ input: starter.stdout }), 'line');
  const { data, gone } = await connectTo(String(url));
  expect(existsSync(data)).toBe(true);
  starter.kill('SIGKILL');
  await gone;
  await vi.waitFor(() => expect(existsSync(data)).toBe(false), { timeout: 120_000 });
});

test.runIf(binaries)(
  'a stopped server leaves nothing behind, and commits reach the disk where that is asked for',
  async () => {
    if (binaries === undefined) throw new Error('there are no binaries');
    const server = await startPostgres({ binaries, durable: true, settings: { work_mem: '8MB' } });
    const { client, data, gone } = await connectTo(server.adminUrl);
    const { rows } = await client.query(
      `select current_setting('fsync') as fsync, current_setting('work_mem') as memory`,
    );
    expect(rows).toEqual([{ fsync: 'on', memory: '8MB' }]);
    await server.stop();
    await gone;
    expect(existsSync(data)).toBe(false);
  },
);
