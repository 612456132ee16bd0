/**
 * `npm run check`: all that CI holds the tree to. Every step runs, even after a failed one: what reads the tree two
 * steps at a time, then the tests, then the faults, each alone. `npm run check -- --skip-tests` leaves out the tests.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { bringMade } from './made.ts';

const ROOT = join(import.meta.dirname, '..');

interface Step {
  readonly name: string;
  readonly command: readonly [program: string, ...rest: string[]];
}

interface Result {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: string;
}

const local = (name: string) => join(ROOT, 'node_modules/.bin', name);

/** The longest first: the others fit beside them. */
const reading: readonly Step[] = [
  { name: 'lint', command: [local('oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'types', command: [local('tsc'), '-p', '.'] },
  { name: 'generated docs', command: [process.execPath, 'scripts/generate.ts', '--check'] },
  { name: 'unused code', command: [local('knip')] },
  { name: 'format', command: [local('biome'), 'format', '.'] },
  { name: 'types of the client', command: [local('tsc'), '-p', 'sdk', '--noEmit'] },
  {
    name: 'types of the client’s parts for Node',
    command: [local('tsc'), '-p', 'sdk/src/licenses', '--noEmit'],
  },
  { name: 'types of the React components', command: [local('tsc'), '-p', 'react', '--noEmit'] },
  { name: 'types of the console', command: [local('tsc'), '-p', 'console', '--noEmit'] },
  { name: 'types of the docs as a site', command: [local('tsc'), '-p', 'site'] },
  { name: 'types of the sandboxes', command: [local('tsc'), '-p', 'sandboxes', '--noEmit'] },
  { name: 'types of the shop', command: [local('tsc'), '-p', 'docs/examples/shop'] },
  {
    name: 'types of the Next.js app',
    command: [local('tsc'), '-p', 'docs/examples/reel-next/tsconfig.check.json'],
  },
  { name: 'types of the app on a phone', command: [local('tsc'), '-p', 'docs/examples/prism'] },
  { name: 'types of the notes', command: [local('tsc'), '-p', 'docs/examples/vault'] },
];
const tests: Step = { name: 'tests', command: [process.execPath, 'scripts/test.ts', '--coverage'] };
const faults: Step = {
  name: 'faults',
  command: [process.execPath, 'test/faults/main.ts', '--seconds', '20'],
};

if (!bringMade()) process.exitCode = 1;
const waiting = reading.values();
const lanes = await Promise.all([lane(), lane()]);
const results = lanes.flat();
for (const step of process.argv.includes('--skip-tests') ? [faults] : [tests, faults])
  results.push(await run(step, 'inherit'));

process.stdout.write('\n');
for (const { name, passed, seconds } of results)
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)\n`);
if (results.some(({ passed }) => !passed)) process.exitCode = 1;

/** Takes one step after the other, as long as there are any. */
async function lane(): Promise<Result[]> {
  const taken: Result[] = [];
  for (const step of waiting) taken.push(await run(step, 'pipe'));
  return taken;
}

/** Runs a step; what it says is shown as it comes, or in one piece when it has ended. */
async function run({ name, command: [program, ...rest] }: Step, output: 'inherit' | 'pipe'): Promise<Result> {
  if (output === 'inherit') process.stdout.write(`\n— ${name}\n`);
  const began = performance.now();
  const child = spawn(program, rest, { cwd: ROOT, stdio: ['ignore', output, output] });
  const said = Promise.all([wordsOf(child.stdout), wordsOf(child.stderr)]);
  const problem = await new Promise<string | undefined>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code) => resolve(code === 0 ? undefined : ''));
  });
  const words = [...(await said), problem ?? ''].filter((one) => one !== '').join('\n');
  if (output === 'pipe') process.stdout.write(`\n— ${name}\n${words}`);
  return { name, passed: problem === undefined, seconds: ((performance.now() - began) / 1000).toFixed(1) };
}

/** The outputs of a program that can't be started break off. */
function wordsOf(output: Readable | null): Promise<string> {
  return output === null ? Promise.resolve('') : text(output).catch(() => '');
}
