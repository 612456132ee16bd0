/**
 * `npm run mutants`: applies each change of `test/mutants/` to a copy of the project and runs the test file that the change names. A named
 * test that still passes is a defect of the tests. `-- name…` tries some of them.
 */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { linkPackages } from '@plinth/testkit/services/packages';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'test/mutants');
const LEFT_OUT = new Set(['node_modules', '.git', 'data', 'coverage', '.cache']);

const wanted = process.argv.slice(2);
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.diff'))
  .map((file) => basename(file, '.diff'))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
if (names.length < wanted.length) throw new Error(`test/mutants has ${names.join(', ') || 'none'} of these`);
const waiting = names.values();
const lanes = Array.from({ length: Math.min(names.length, availableParallelism()) }, lane);
const missed = (await Promise.all(lanes)).flat();
process.stdout.write(`${names.length - missed.length} of ${names.length} are noticed\n`);
process.exitCode = missed.length === 0 ? 0 : 1;

/** Tries one after the other in a copy of its own; answers those that no test noticed. */
async function lane(): Promise<string[]> {
  const copy = mkdtempSync(join(tmpdir(), 'plinth-mutants-'));
  const isCopied = (path: string) => path === ROOT || !LEFT_OUT.has(basename(path));
  cpSync(ROOT, copy, { recursive: true, filter: isCopied });
  linkPackages(copy);
  const passed: string[] = [];
  try {
    for (const name of waiting) if (!(await isNoticed(name, copy))) passed.push(name);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return passed;
}

async function isNoticed(name: string, copy: string): Promise<boolean> {
  const diff = join(FOLDER, `${name}.diff`);
  const [, file = '', test = ''] = /^Noticed by: (\S+) :: (.+)$/m.exec(readFileSync(diff, 'utf8')) ?? [];
  execFileSync('git', ['apply', diff], { cwd: copy });
  const options = { cwd: copy, maxBuffer: 2 ** 28 };
  const said = await promisify(execFile)(
    process.execPath,
    ['scripts/test.ts', '--as-made', file],
    options,
  ).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout?: string }) => stdout ?? '',
  );
  execFileSync('git', ['apply', '--reverse', diff], { cwd: copy });
  const failed = said.includes(`FAILED  ${file} > ${test}`);
  process.stdout.write(`${failed ? 'noticed' : 'MISSED '} ${name}: ${file} > ${test}\n`);
  return failed;
}
