/**
 * `npm test`: the whole suite on PostgreSQL from npm, then what uses a database on PGlite and on the `postgres` of
 * PATH. `npm test -- src/platform/limits` runs a part on PostgreSQL alone; all arguments go to Vitest.
 * The last line is `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Missing, type Pass, planPasses } from './suite/passes.ts';
import { countOf, neverRun, type Outcome, readOutcomes, REPORT } from './suite/outcomes.ts';

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

/** A run that ended before its tests did, for want of a database for example, is a failure too. */
function read(report: string): readonly Outcome[] {
  const outcomes = existsSync(report) ? readOutcomes(report) : [];
  if (outcomes.length > 0) return outcomes;
  return [{ file: '', name: 'no test ran, see above', state: 'failed' }];
}

function summarize(ran: readonly Ran[], missing: readonly Missing[]): number {
  const all = ran.flatMap(({ outcomes }) => outcomes);
  const unrun = partial ? [] : neverRun(all);
  const failed = countOf(all, 'failed');
  const otherwise = ran.filter(({ outcomes, code }) => code !== 0 && countOf(outcomes, 'failed') === 0);
  say('');
  for (const { pass, outcomes } of ran) {
    say(`${pass.title}: ${countOf(outcomes, 'passed')} passed, ${countOf(outcomes, 'failed')} failed`);
  }
  for (const { file, name, state } of all) if (state === 'failed') say(`FAILED  ${file} > ${name}`);
  for (const { reason } of missing) say(`NOT RUN ${reason}`);
  for (const { file, name, note } of unrun) say(`NOT RUN ${file} > ${name} (${note ?? 'no reason given'})`);
  for (const { pass, code } of otherwise) say(`FAILED  ${pass.title} ended with ${code}, see above`);
  const lacking = strict && (unrun.length > 0 || missing.some(({ needed }) => needed));
  if (lacking) say('With CI=true everything must run.');
  say(`${countOf(all, 'passed')} passed, ${failed} failed`);
  return failed > 0 || otherwise.length > 0 || lacking ? 1 : 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
