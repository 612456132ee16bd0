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
export async function tryOut(patch: Patch, folder: string): Promise<Verdict> {
  return (await tryTogether([patch], folder)).get(testOf(patch)) ?? NEVER;
}

/** The test that a patch names, and the engine that it runs on. */
export const testOf = ({ expects, engine = 'postgres' }: Patch) => `${expects} on ${engine}`;

const NEVER = { unclear: 'it was never run' };

/** Runs the tests that some patches name, those of one file in one run: most of a run is its start. */
export async function tryAll(patches: readonly Patch[], folder: string): Promise<Map<string, Verdict>> {
  const files = Map.groupBy(patches, ({ expects, engine }) => `${expects.split(' :: ')[0]} on ${engine}`);
  const verdicts = new Map<string, Verdict>();
  for (const together of files.values())
    for (const [test, verdict] of await tryTogether(together, folder)) verdicts.set(test, verdict);
  return verdicts;
}

/** The tests of one file. */
async function tryTogether(patches: readonly Patch[], folder: string): Promise<Map<string, Verdict>> {
  const [{ expects, engine = 'postgres' } = { expects: 'types' as const }] = patches;
  if (expects === 'types') {
    const verdict = await compile(folder);
    return new Map(patches.map((patch) => [testOf(patch), verdict]));
  }
  const [file = ''] = expects.split(' :: ');
  const names = [...new Set(patches.map((patch) => patch.expects.split(' :: ')[1] ?? ''))];
  const judge = await runTests({ folder, file, names, engine });
  return new Map(patches.map((patch) => [testOf(patch), judge(patch.expects.split(' :: ')[1] ?? '')]));
}

async function compile(folder: string): Promise<Verdict> {
  const code = await run({
    folder,
    program: ['node_modules/typescript/bin/tsc', '-p', '.'],
    environment: {},
  });
  return code === 0 ? 'green' : 'red';
}

interface NamedTests {
  readonly folder: string;
  readonly file: string;
  readonly names: readonly string[];
  readonly engine: 'postgres' | 'pglite';
}

async function runTests({ folder, file, names, engine }: NamedTests): Promise<(name: string) => Verdict> {
  const reports = mkdtempSync(join(tmpdir(), 'plinth-sabotage-report-'));
  const report = join(reports, 'outcomes.json');
  const flags = ['--reporter=./scripts/suite/reporter.ts', '--testNamePattern', names.map(pattern).join('|')];
  try {
    const program = ['node_modules/vitest/vitest.mjs', 'run', file, ...flags];
    const environment = {
      [REPORT]: report,
      TEST_POSTGRES: '',
      TEST_ENGINE: engine === 'pglite' ? 'pglite' : '',
    };
    await run({ folder, program, environment });
    const { outcomes } = readReport(report);
    return (name) => verdictOf(outcomes, name);
  } catch (error) {
    const unclear = `the run left no report (${error instanceof Error ? error.message : String(error)})`;
    return () => ({ unclear });
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

function verdictOf(outcomes: readonly Outcome[], name: string): Verdict {
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
