import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTelemetry } from '#platform/telemetry';
import { createOpenAISandbox } from '#sandbox/openai';
import { type SandboxOnCall, sandboxOnCall } from './sandboxes.ts';

const body = JSON.stringify({
  model: 'sandbox-small',
  messages: [{ role: 'user', content: 'Crop rotation' }],
});
const headers = { authorization: 'Bearer any', 'content-type': 'application/json' };

const ask = ({ url }: SandboxOnCall) =>
  fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });

const expectRefusal = (at: SandboxOnCall) => expect(ask(at)).rejects.toThrow('fetch failed');

const FOLDER = new URL('../../../sandboxes/', import.meta.url).href;

/** A sandbox of OpenAI that counts its starts; `before` is awaited by each of them. */
async function onCall(before: (count: number) => Promise<void> = async () => {}) {
  const opened = new AsyncDisposableStack();
  const telemetry = createTelemetry({ logLevel: 'silent' });
  onTestFinished(async () => {
    await opened.disposeAsync();
    await telemetry.close();
  });
  let starts = 0;
  const sandbox = await sandboxOnCall({ telemetry, opened }, 'OpenAI', async (server: Server) => {
    starts += 1;
    await before(starts);
    return createOpenAISandbox({ server });
  });
  return { sandbox, starts: () => starts };
}

/** Settles when so many requests have come to servers of this process. */
function requests(count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let come = 0;
  const onRequest = () => {
    come += 1;
    if (come === count) resolve();
  };
  subscribe('http.server.request.start', onRequest);
  onTestFinished(() => void unsubscribe('http.server.request.start', onRequest));
  return promise;
}

describe('a sandbox', () => {
  test('is not started before somebody calls it, and then once for all who call', async () => {
    // While it starts all of them come.
    const come = requests(3);
    const { sandbox, starts } = await onCall(() => come);
    expect([starts(), sandbox.isRunning()]).toEqual([0, false]);
    const answers = await Promise.all([ask(sandbox), ask(sandbox), ask(sandbox)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask(sandbox)).status).toBe(200);
    expect([starts(), sandbox.isRunning()]).toEqual([1, true]);
  });

  test('that does not start says why to its caller, and is started by the next call', async () => {
    const { sandbox, starts } = await onCall(async (count) => {
      if (count === 1) throw new Error('its file cannot be read');
    });
    const told = await ask(sandbox);
    expect(told.status).toBe(503);
    expect(await told.json()).toMatchObject({
      error: { message: 'The sandbox of OpenAI did not start: its file cannot be read' },
    });
    expect(sandbox.isRunning()).toBe(false);
    expect((await ask(sandbox)).status).toBe(200);
    expect(starts()).toBe(2);
  });

  test('that is stopped while it starts lets nobody wait, and answers nothing more', async () => {
    const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { sandbox } = await onCall(async () => {
      begun.resolve();
      await goOn.promise;
    });
    const waiting = expectRefusal(sandbox);
    await begun.promise;
    const closed = sandbox.close();
    goOn.resolve();
    await closed;
    await waiting;
    await expectRefusal(sandbox);
  });

  test('that nobody has called stops too', async () => {
    const { sandbox, starts } = await onCall();
    await sandbox.close();
    await expectRefusal(sandbox);
    expect(starts()).toBe(0);
  });
});

test('none is loaded with the program', async () => {
  const script = `import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
    await import('#app');
    console.log(JSON.stringify(seen.filter((url) => url.startsWith('${FOLDER}'))), seen.length > 100);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
  });
  expect(stdout.trim()).toBe('[] true');
});
