/**
 * `npm run check`: all that CI holds the tree to, in its order. Every step runs, whatever became of those before it.
 * `npm run check -- --skip-tests` leaves out the tests, for whoever has just run them.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

interface Step {
  readonly name: string;
  readonly command: readonly [program: string, ...rest: string[]];
}

const local = (name: string) => join(ROOT, 'node_modules/.bin', name);

const steps: readonly Step[] = [
  { name: 'format', command: [local('biome'), 'format', '.'] },
  { name: 'lint', command: [local('oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'types', command: [local('tsc'), '-p', '.'] },
  { name: 'types of the client', command: [local('tsc'), '-p', 'sdk', '--noEmit'] },
  { name: 'types of the sandboxes', command: [local('tsc'), '-p', 'sandboxes', '--noEmit'] },
  { name: 'types of the shop', command: [local('tsc'), '-p', 'docs/examples/shop'] },
  { name: 'unused code', command: [local('knip')] },
  { name: 'generated docs', command: [process.execPath, 'scripts/generate.ts', '--check'] },
  { name: 'tests', command: [process.execPath, 'scripts/test.ts', '--coverage'] },
  { name: 'faults', command: [process.execPath, 'test/faults/main.ts', '--seconds', '60'] },
];

const chosen = process.argv.includes('--skip-tests') ? steps.filter(({ name }) => name !== 'tests') : steps;
const results = chosen.map(({ name, command: [program, ...rest] }) => {
  process.stdout.write(`\n— ${name}\n`);
  const began = performance.now();
  const { status, error } = spawnSync(program, rest, { cwd: ROOT, stdio: 'inherit' });
  if (error !== undefined) process.stdout.write(`${error.message}\n`);
  return { name, passed: status === 0, seconds: ((performance.now() - began) / 1000).toFixed(1) };
});

process.stdout.write('\n');
for (const { name, passed, seconds } of results)
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)\n`);
if (results.some(({ passed }) => !passed)) process.exitCode = 1;
