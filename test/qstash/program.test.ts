import { createServer } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { clientOf } from '../process/client.ts';
import { endAll, startProgram } from '@plinth/testkit/program';
import { temporaryFolder } from '@plinth/testkit/services';

afterAll(endAll);

/** A free port: the sandbox in the program must know where to deliver before the program listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('with JOBS_DELIVERY=qstash and nothing else a sandbox in the program delivers its jobs', async () => {
  const folder = temporaryFolder();
  const program = startProgram(['start'], {
    cwd: folder,
    environment: { DATA_DIR: folder, PORT: String(await freePort()), JOBS_DELIVERY: 'qstash' },
  });
  const url = await program.url();
  const { api_key: key } = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as {
    api_key: string;
  };
  expect((await clientOf(url, key).create('first')).status).toBe('completed');
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
});
