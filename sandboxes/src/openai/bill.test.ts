import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Bill } from './bill.ts';
import { createOpenAISandbox, readBillFile } from './index.ts';

let folder: string;
let billFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-bill-'));
  billFile = join(folder, 'deeper', 'bill.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function ask(url: string): Promise<string | null> {
  const body = JSON.stringify({
    model: 'sandbox-small',
    messages: [{ role: 'user', content: 'Crop rotation' }],
  });
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer any' },
    body,
  });
  await response.text();
  return response.headers.get('x-request-id');
}

async function startSandboxProcess(): Promise<{ child: ChildProcess; url: string }> {
  const program = `
    const { createOpenAISandbox } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const { url } = await createOpenAISandbox({ billFile: ${JSON.stringify(billFile)} });
    process.stdout.write(url);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(child.stdout, 'data');
  return { child, url: String(url) };
}

test('every answer that left is on the bill after kill -9 of the process that hosts the sandbox', async () => {
  const { child, url } = await startSandboxProcess();
  const seen: (string | null)[] = [];
  const callers = Array.from({ length: 8 }, async () => {
    while (seen.length < 200) seen.push(await ask(url));
  });
  const done = Promise.allSettled(callers);
  await Promise.race(callers);
  child.kill('SIGKILL');
  await done;
  const billed = new Set(readBillFile(billFile).map(({ request_id: id }) => id));
  expect(seen.length).toBeGreaterThanOrEqual(200);
  expect(seen.filter((id) => id === null || !billed.has(id))).toEqual([]);
});

test('a sandbox that starts again goes on with its bill, less a line that was cut off', async () => {
  const first = await createOpenAISandbox({ billFile });
  const one = await ask(first.url);
  await first.close();
  appendFileSync(billFile, '{"request_id":"req_sandbox_cut');
  expect(readBillFile(billFile)).toHaveLength(1);
  const second = await createOpenAISandbox({ billFile });
  const other = await ask(second.url);
  expect(second.bill().map(({ request_id: id }) => id)).toEqual([one, other]);
  await second.close();
  expect(readBillFile(billFile).map(({ request_id: id }) => id)).toEqual([one, other]);
});

test('the bill holds no words of anyone', async () => {
  const sandbox = await createOpenAISandbox({ billFile });
  await ask(sandbox.url);
  await sandbox.close();
  expect(readFileSync(billFile, 'utf8')).not.toMatch(/rotation/i);
});

test('memory is bounded: the last 100,000 calls and at most a tenth more are kept', () => {
  const bill = new Bill();
  const call = {
    at: '2026-01-01T00:00:00.000Z',
    endpoint: '/v1/embeddings',
    model: 'sandbox-embed',
    prompt_tokens: 1,
    cached_tokens: 0,
    completion_tokens: 0,
    reasoning_tokens: 0,
    client_request_id: null,
    key_ending: '',
    streamed: false,
    hung_up: false,
  } as const;
  for (let count = 0; count < 120_000; count += 1) bill.add({ ...call, request_id: String(count) });
  const kept = bill.list();
  expect(kept.length).toBeGreaterThanOrEqual(100_000);
  expect(kept.length).toBeLessThanOrEqual(110_000);
  expect(kept.at(-1)?.request_id).toBe('119999');
});

test('a port that is taken is named', async () => {
  const sandbox = await createOpenAISandbox();
  const port = Number(new URL(sandbox.url).port);
  await expect(createOpenAISandbox({ port })).rejects.toThrow(`127.0.0.1:${port}`);
  await sandbox.close();
});
