import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { endAll, startProgram } from '@plinth/testkit/program';

const TIMEOUT = 120_000;
afterAll(endAll);

test('on a full disk the embedded database is away, and with room it goes on', {
  timeout: TIMEOUT,
}, async () => {
  const folder = temporaryFolder();
  const full = join(folder, 'full');
  const program = startProgram(['start'], {
    cwd: folder,
    flags: ['--import', pathToFileURL(join(import.meta.dirname, 'refuse-writes.ts')).href],
    environment: { DATA_DIR: join(folder, 'data'), PORT: '0', FULL: full },
  });
  const url = await program.url();
  const { api_key } = JSON.parse(readFileSync(join(folder, 'data/owner.json'), 'utf8')) as {
    api_key: string;
  };
  const headers = { authorization: `Bearer ${api_key}`, 'content-type': 'application/json' };
  const write = async (name: string) => {
    const answer = await fetch(`${url}/v1/ai/chat/completions`, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': name },
      body: JSON.stringify({ model: 'small', max_tokens: 20, messages: [{ role: 'user', content: name }] }),
    }).catch((error: unknown) => {
      throw new Error(`${name}: ${inspect(error)}\n${program.said()}`);
    });
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after'),
      body: await answer.text(),
    };
  };
  const usage = async () => (await fetch(`${url}/v1/usage`, { headers })).status;

  const first = await write('before');
  expect(first.status).toBe(200);

  writeFileSync(full, '');
  for (const name of ['full-1', 'full-2', 'full-3']) {
    const { status, retryAfter, body } = await write(name);
    expect({ status, body }).toEqual({ status: 503, body: expect.stringContaining('"unavailable"') });
    expect(Number(retryAfter)).toBeGreaterThan(0);
  }
  expect([200, 503]).toContain(await usage());

  rmSync(full);
  await expect.poll(async () => (await write('after')).status, { timeout: TIMEOUT }).toBe(200);
  expect(await usage()).toBe(200);
  // What was answered before is kept, to the byte.
  expect((await write('before')).body).toBe(first.body);
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
});
