import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const TELEMETRY = join(import.meta.dirname, 'index.ts');

/** A process that logs, and then does what is said. */
function startLogger(then: string) {
  const program = `
    import { createTelemetry } from ${JSON.stringify(TELEMETRY)};
    const { logger } = createTelemetry({ logLevel: 'info' });
    for (let n = 1; n <= 3; n += 1) logger.info({ n }, 'said');
    ${then}
  `;
  return spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** The number in each line that came, until the process ended; and how it ended. */
async function outputOf(child: ReturnType<typeof startLogger>) {
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  const lines = text.split('\n').filter((line) => line !== '');
  return { said: lines.map((line) => (JSON.parse(line) as { n: number }).n), ended: signal ?? code };
}

const ENDS: readonly (readonly [string, string, number | string])[] = [
  ['by having nothing left to do', '', 0],
  ['by process.exit', 'process.exit(3);', 3],
  ['by an exception that nobody catches', "throw new Error('a defect');", 1],
  ['by a rejection that nobody catches', "Promise.reject(new Error('a defect'));", 1],
  ...(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const).map(
    (signal) =>
      [
        `by ${signal}, for which nobody listens`,
        `setInterval(() => {}, 1_000); process.kill(process.pid, '${signal}');`,
        signal,
      ] as const,
  ),
];

test.each(ENDS)('a process that ends %s has written all its lines', async (_how, then, ended) => {
  expect(await outputOf(startLogger(then))).toEqual({ said: [1, 2, 3], ended });
});

test('a signal that somebody listens for is theirs', async () => {
  const stopping = "process.on('SIGTERM', () => process.exit(7)); process.kill(process.pid, 'SIGTERM');";
  expect(await outputOf(startLogger(`${stopping} setInterval(() => {}, 1_000);`))).toEqual({
    said: [1, 2, 3],
    ended: 7,
  });
});

test('a line does not wait for others, nor for an end', async () => {
  const child = startLogger('setInterval(() => {}, 1_000);');
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
});

test('a warning leaves at once, with all that was said before it: kill -9 loses neither', async () => {
  const program = "logger.warn({ n: 4 }, 'careful'); process.kill(process.pid, 'SIGKILL');";
  expect(await outputOf(startLogger(program))).toEqual({ said: [1, 2, 3, 4], ended: 'SIGKILL' });
});

test('lines of a reader who has gone are lost, and the process goes on', async () => {
  const child = startLogger(`
    process.stdin.once('data', () => {
      for (let n = 0; n < 1_000; n += 1) logger.info({ n }, 'said to nobody');
      process.exit(5);
    });`);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.stdin.write('go on');
  expect(await once(child, 'exit')).toEqual([5, null]);
});

test('lines come whole and in order, however many', async () => {
  const child = startLogger(
    "for (let n = 0; n < 10_000; n += 1) logger.info({ n }, 'said'); process.exit(0);",
  );
  const { said } = await outputOf(child);
  expect(said.slice(3)).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
});
