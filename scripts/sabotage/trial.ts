import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Patch } from '../../test/sabotage/index.ts';
import { type Outcome, readReport, REPORT } from '../suite/outcomes.ts';

const LONGEST_TRIAL_MS = 300_000;

/** How the test that a patch names ended, or why there is no such answer. */
export type Verdict = 'green' | 'red' | { readonly unclear: string };

/** Runs the test that a patch names, in the copy as it stands. */
export function tryOut(patch: Patch, folder: string): Promise<Verdict> {
  if (patch.expects === 'types') return compile(folder);
  const [file = '', name = ''] = patch.expects.split(' :: ');
  return runTest({ folder, file, name, engine: patch.engine ?? 'postgres' });
}

async function compile(folder: string): Promise<Verdict> {
  const code = await run({
    folder,
    program: ['node_modules/typescript/bin/tsc', '-p', '.'],
    environment: {},
  });
  return code === 0 ? 'green' : 'red';
}

interface NamedTest {
  readonly folder: string;
  readonly file: string;
  readonly name: string;
  readonly engine: 'postgres' | 'pglite';
}

async function runTest({ folder, file, name, engine }: NamedTest): Promise<Verdict> {
  const reports = mkdtempSync(join(tmpdir(), 'plinth-sabotage-report-'));
  const report = join(reports, 'outcomes.json');
  const flags = ['--reporter=./scripts/suite/reporter.ts', '--testNamePattern', pattern(name)];
  try {
    const program = ['node_modules/vitest/vitest.mjs', 'run', file, ...flags];
    const environment = {
      [REPORT]: report,
      TEST_POSTGRES: '',
      TEST_ENGINE: engine === 'pglite' ? 'pglite' : '',
    };
    await run({ folder, program, environment });
    return verdict(readReport(report).outcomes, name);
  } catch (error) {
    return { unclear: `the run left no report (${error instanceof Error ? error.message : String(error)})` };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

function verdict(outcomes: readonly Outcome[], name: string): Verdict {
  const found = outcomes.filter((outcome) => outcome.name === name);
  if (found.some(({ state }) => state === 'failed')) return 'red';
  if (found.some(({ state }) => state === 'passed')) return 'green';
  const broken = outcomes.find(({ state }) => state === 'failed');
  if (broken !== undefined) return { unclear: `the file itself broke: ${broken.name}` };
  return { unclear: found.length === 0 ? 'there is no test of this name' : 'the test was skipped' };
}

/** Vitest joins the names of a test and its headings by spaces, its reports by " > ". */
function pattern(name: string): string {
  const escaped = name.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
  return `${escaped.split(' > ').join('.*')}$`;
}

interface Program {
  readonly folder: string;
  readonly program: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

function run({ folder, program, environment }: Program): Promise<number> {
  const child = spawn(process.execPath, [...program], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, ...environment },
    timeout: LONGEST_TRIAL_MS,
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
