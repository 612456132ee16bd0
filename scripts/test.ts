/**
 * `npm test`: the whole suite on PostgreSQL from npm, then what uses a database on PGlite and on the `postgres` of
 * PATH. `npm test -- src/platform/limits` runs a part on PostgreSQL alone; all arguments go to Vitest.
 * The last line is `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pass, planPasses } from './suite/passes.ts';
import { type Outcome, REPORT } from './suite/reporter.ts';

const ROOT = join(import.meta.dirname, '..');

interface Ran {
  readonly pass: Pass;
  readonly outcomes: readonly Outcome[];
  /** Zero, or what Vitest ended with: coverage below its threshold ends it too. */
  readonly code: number;
}

const strict = process.env['CI'] === 'true';
const given = process.argv.slice(2).filter((argument) => argument !== '--coverage');
const partial = given.length > 0;
const coverage = !partial && (strict || process.argv.includes('--coverage'));
process.exitCode = await main();

async function main(): Promise<number> {
  const plan = await planPasses(process.env);
  const passes = partial ? plan.passes.slice(0, 1) : plan.passes;
  const missing = partial ? [] : plan.missing;
  const ran: Ran[] = [];
  for (const pass of passes) {
    say(
      `\n${pass.title}${pass.files.length === 0 ? '' : `: ${pass.files.length} files that use a database`}`,
    );
    ran.push(await run(pass, pass === passes[0] && coverage));
  }
  return summarize(ran, missing);
}

function run(pass: Pass, withCoverage: boolean): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-test-report-'));
  const report = join(folder, 'outcomes.json');
  const flags = ['--reporter=default', '--reporter=./scripts/suite/reporter.ts', '--allowOnly=false'];
  if (withCoverage) flags.push('--coverage.enabled');
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...flags, ...pass.files, ...given], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...pass.environment, [REPORT]: report },
  });
  // Ctrl-C reaches Vitest by itself, which ends its services; this process waits for it.
  process.on('SIGINT', () => {});
  process.once('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ pass, outcomes: read(report), code: code ?? 1 });
      rmSync(folder, { recursive: true, force: true });
    });
  });
}

/** A run that left no report ended before its tests did: that is a failure, too. */
function read(report: string): readonly Outcome[] {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Outcome[];
  } catch {
    return [{ file: '', name: 'the run ended before its tests did', state: 'failed' }];
  }
}

function summarize(ran: readonly Ran[], missing: readonly string[]): number {
  const count = (outcomes: readonly Outcome[], state: Outcome['state']) =>
    outcomes.filter((outcome) => outcome.state === state).length;
  const all = ran.flatMap(({ outcomes }) => outcomes);
  const unrun = neverRun(all);
  const failed = count(all, 'failed');
  const otherwise = ran.filter(({ outcomes, code }) => code !== 0 && count(outcomes, 'failed') === 0);
  say('');
  for (const { pass, outcomes } of ran) {
    say(`${pass.title}: ${count(outcomes, 'passed')} passed, ${count(outcomes, 'failed')} failed`);
  }
  for (const { file, name } of all.filter(({ state }) => state === 'failed'))
    say(`FAILED  ${file} > ${name}`);
  for (const reason of missing) say(`NOT RUN ${reason}`);
  for (const { file, name, note } of unrun)
    say(`NOT RUN ${file} > ${name}${note === undefined ? '' : ` (${note})`}`);
  for (const { pass, code } of otherwise) say(`FAILED  ${pass.title} ended with ${code}, see above`);
  if (strict && unrun.length > 0) say('With CI=true everything must run.');
  say(`${count(all, 'passed')} passed, ${failed} failed`);
  return failed > 0 || otherwise.length > 0 || (strict && unrun.length > 0) ? 1 : 0;
}

/** Tests that no pass ran: one for PGlite alone is rightly skipped on PostgreSQL. */
function neverRun(all: readonly Outcome[]): Outcome[] {
  const key = ({ file, name }: Outcome) => `${file} > ${name}`;
  const ranOnce = new Set(all.filter(({ state }) => state !== 'skipped').map(key));
  const skipped = new Map(
    all.filter((outcome) => !ranOnce.has(key(outcome))).map((outcome) => [key(outcome), outcome]),
  );
  return partial ? [] : [...skipped.values()];
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
