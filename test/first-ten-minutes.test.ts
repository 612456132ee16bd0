import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '@plinth/testkit/house/source';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

/** The session that the README's first screen shows, run as a reader would, on a port that is free. */
const folder = mkdtempSync(join(tmpdir(), 'plinth first '));
afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

const [screen = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n## ');

/** The fenced blocks of one language on the README's first screen. */
function blocks(language: string): string[] {
  return [...screen.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, named, text = '']) =>
    named === language ? [text] : [],
  );
}

let program: Program;
let url = '';
/** Where the README's server listens, put in the place of the real one. */
const README_AT = '127.0.0.1:6174';
let key = '';
let id = '';

beforeAll(async () => {
  program = startProgram(['start'], { cwd: folder, environment: { PORT: '0' }, flags: [] });
  url = await program.url();
}, 120_000);

/** Runs a command of the README in the folder where the server was started. */
async function shell(command: string): Promise<string> {
  const here = command.replaceAll(README_AT, url.replace('http://', ''));
  const env = { PATH: process.env['PATH'], PLINTH_KEY: key, ID: id };
  return (await promisify(execFile)('sh', ['-ec', here], { cwd: folder, env })).stdout;
}

/** Versions, times and ports differ from one start to the next. */
function normalize(text: string): string {
  return (
    text
      .replace(/Plinth \d+\.\d+\.\d+/, 'Plinth 0.0.0')
      .replace(/ready in \d+\.\d s/, 'ready in 0.0 s')
      .replaceAll(/127\.0\.0\.1:\d+/g, README_AT)
      // This test is no terminal, and a reader's is: only there a link is printed.
      .replace(
        /"npm run plinth -- console" prints a link that signs you in\.|This link .*\n +http.*/,
        'a link',
      )
      .trim()
  );
}

const keysIn = (text: string): string[] => [
  ...new Set([...text.matchAll(/"(\w+)":/g)].map(([, name = '']) => name)),
];

test('a start says what the README shows', async () => {
  await program.says(/variants":3}'/);
  expect(normalize(program.said())).toBe(normalize(blocks('text')[0] ?? 'the README shows no start'));
});

test('the command to paste, pasted as it is printed, is accepted', async () => {
  const [, pasted = ''] = program.said().split('Try it, in another terminal:\n');
  key = (await shell(`${pasted.split('\n')[0]}; printf %s "$PLINTH_KEY"`)).trim();
  const answer = JSON.parse(await shell(pasted)) as Record<string, string>;
  expect(Object.keys(answer)).toEqual(keysIn(blocks('json')[0] ?? ''));
  expect(answer).toMatchObject({
    status: 'queued',
    status_url: `/v1/generations/${answer['generation_id']}`,
  });
  id = answer['generation_id'] ?? '';
});

test('the variants and what they cost are there to be read', async () => {
  const commands = (blocks('sh')[1] ?? '').trim().split('\n');
  const [generation = '', usage = '', ...more] = await Promise.all(commands.map(shell));
  expect(more).toEqual([]);
  const { status, variants } = JSON.parse(generation) as { status: string; variants: unknown[] };
  expect({ status, variants: variants.length }).toEqual({ status: 'completed', variants: 3 });
  const { data } = JSON.parse(usage) as { data: unknown[] };
  expect(data).toContainEqual(
    expect.objectContaining({ product: 'reel', limit: 'generations', used: 1, max: 900 }),
  );
  const { events } = JSON.parse(await shell(commands[1] ?? '')) as { events: unknown[] };
  expect(events).toEqual([
    expect.objectContaining({ feature: 'generation', model: 'sandbox-small', status: 'posted' }),
  ]);
  expect(keysIn(generation + usage)).toEqual(expect.arrayContaining(keysIn(blocks('json')[1] ?? '')));
});

test('the same key works in the official OpenAI client, with the code that the README has', async () => {
  const code = (blocks('ts')[0] ?? '').replaceAll(README_AT, url.replace('http://', ''));
  const run = promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', code], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], PLINTH_KEY: key },
  });
  expect((await run).stdout.trim()).not.toMatch(/^(undefined|null)?$/);
});

test('seed finds the server of its data folder on any port, and git leaves the folder alone', async () => {
  const seed = startProgram(['seed'], { cwd: folder, environment: {} });
  expect([await seed.ended, seed.said()]).toEqual([
    { code: 0, signal: null },
    expect.stringContaining('scopes.'),
  ]);
  expect(readFileSync(join(folder, 'data/.gitignore'), 'utf8')).toBe('*\n');
});

test('the sandbox writes a stream word by word', async () => {
  const body = { model: 'small', stream: true, messages: [{ role: 'user', content: 'Say hello.' }] };
  const streamed = await shell(
    `curl -sN ${README_AT}/v1/ai/chat/completions -H "authorization: Bearer $PLINTH_KEY" -H "content-type: application/json" -d '${JSON.stringify(body)}'`,
  );
  expect(streamed.match(/"content":/g)?.length).toBeGreaterThan(3);
});
