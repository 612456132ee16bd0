import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/closing';
import { ROOT } from '@plinth/testkit/house/source';
import { QUICK } from '@plinth/testkit/services/programs';

const PLACE = { PLINTH_URL: 'http://127.0.0.1:9', PLINTH_KEY: 'pl_any' };

const start = (cwd: string, environment: Readonly<Record<string, string>>) =>
  spawn(process.execPath, [...QUICK, join(ROOT, 'server/bin/plinth.js'), 'mcp'], {
    cwd,
    env: { PATH: process.env['PATH'], ...environment },
  });

/** Runs `plinth mcp` in a folder whose .env is another program's; answers all that it has said once its input has ended. */
async function run(input: string, environment: Readonly<Record<string, string>>) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, '.env'), 'NODE_ENV=production\nPORT=none\nPLINTH_KEY=pl_of_another\n');
  const program = start(cwd, environment);
  const ended = once(program, 'close');
  const [out, error] = [text(program.stdout), text(program.stderr)];
  program.stdin.write(input);
  // A client that wants its answers keeps the input open until it has them.
  const answers = input.split('\n').filter((line) => line.includes('"id"')).length;
  await answersOf(program.stdout, answers);
  program.stdin.end();
  const [code] = (await ended) as [number];
  return { code, out: await out, error: await error };
}

function answersOf(stream: NodeJS.ReadableStream, count: number): Promise<void> {
  return new Promise((resolve) => {
    let lines = 0;
    const look = () => lines >= count && resolve();
    stream.on('data', (data: Buffer) => {
      lines += data.toString().split('\n').length - 1;
      look();
    });
    stream.on('close', () => resolve());
    look();
  });
}

test('nothing but the protocol is on its output, whatever comes in; it ends with its input', async () => {
  const clientInfo = { name: 'test', version: '1' };
  const messages = [
    { id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } },
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/call', params: { name: 'recall', arguments: { query: 'heron' } } },
    { id: 3, method: 'tools/call', params: { name: 'recall', arguments: {} } },
    { id: 4, method: 'no/such' },
  ].map((message) => JSON.stringify({ jsonrpc: '2.0', ...message }));
  const { code, out, error } = await run(['no JSON at all', ...messages, ''].join('\n'), PLACE);
  const answers = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { jsonrpc: string; id: number });
  expect(answers.toSorted((a, b) => a.id - b.id).map(({ jsonrpc, id }) => [jsonrpc, id])).toEqual(
    [1, 2, 3, 4].map((id) => ['2.0', id]),
  );
  expect(answers.find(({ id }) => id === 1)).toMatchObject({ result: { protocolVersion: '2025-06-18' } });
  expect([code, error]).toEqual([0, '']);
});

test.each([
  [
    'a line of more than 10 MB comes in',
    (program: ChildProcess) => program.stdin?.write('x'.repeat(11_000_000)),
  ],
  ['nobody reads its output', (program: ChildProcess) => program.stdout?.destroy()],
])('it ends and says why where %s', async (_what, spoil) => {
  const program = start(temporaryFolder(), PLACE);
  const [ended, said] = [once(program, 'close'), text(program.stderr)];
  program.stdin.on('error', () => {});
  program.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  spoil(program);
  program.stdin.write('{"jsonrpc":"2.0","id":2,"method":"ping"}\n');
  expect((await ended)[0]).toBe(1);
  expect(await said).toMatch(/^The connection to the MCP client has ended: .+\n$/);
});

test.each([
  [{}, 'PLINTH_URL'],
  [{ ...PLACE, PLINTH_KEY: '' }, 'PLINTH_KEY'],
  [{ ...PLACE, PLINTH_URL: 'file:///etc' }, 'PLINTH_URL'],
])('without a server or a key it says so on its other output: %j', async (environment, named) => {
  const { code, out, error } = await run('', environment);
  expect([code, out]).toEqual([2, '']);
  expect(error).toContain(named);
});
