/**
 * `npm test`: the whole suite on PostgreSQL from npm, then parts of it through PgBouncer, on PGlite and on the `postgres` of
 * PATH. `npm test -- server/src/platform/limits` runs a part on PostgreSQL alone; further arguments go to Vitest. `--quick` is for while one
 * works: what needs no service, and one journey of each product on the embedded database. `--thorough` is
 * for a night: all tests that use a database on every engine, and more runs of each property, of which the whole suite has half as
 * many as a named part. What has passed on exactly what it
 * reads is left out of the whole suite (scripts/suite/unchanged.ts); `--record` leaves nothing out and notes what has passed.
 * The last line is `N passed, N failed`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, watch } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHORT, THOROUGH } from '@plinth/testkit/thorough';
import { type MissingService, type Pass, planPasses, quickPlan, ofSingleProducts } from './suite/passes.ts';
import { countOf, IDLE, neverRun, type Outcome, type Report, readReport, REPORT } from './suite/outcomes.ts';
import { tellSeconds } from './suite/seconds.ts';
import { bringMade } from './made.ts';
import { LEFT_OUT, recordPassed, unchangedGroups } from './suite/unchanged.ts';

const ROOT = join(import.meta.dirname, '..');

interface Ran {
  readonly pass: Pass;
  readonly report: Report;
  /** From its start to its end, in wall-clock time. */
  readonly minutes: number;
  /** Zero, or what Vitest ended with: coverage below its threshold ends it too. */
  readonly code: number;
}

const strict = process.env['CI'] === 'true';
/** `--as-made`: the files that follow from the routes are taken as they are, however a mutant changes these. */
const OURS = ['--coverage', '--thorough', '--record', '--quick', '--as-made'];
const quick = process.argv.includes('--quick');
const thorough = process.argv.includes('--thorough');
const recording = process.argv.includes('--record');
const given = process.argv.slice(2).filter((argument) => !OURS.includes(argument));
const partial = quick || given.length > 0;
const coverage = !partial && process.argv.includes('--coverage');
const isMade = process.argv.includes('--as-made') || bringMade();
const walks = partial || thorough ? [] : ofSingleProducts();
const leftOut = partial || thorough || recording ? [] : unchangedGroups();
const WHOLE =
  'All tests: some 20 minutes on two cores. PostgreSQL comes from npm; Redis, PgBouncer and other programs are the system’s, and the end names those that are missing. `npm test -- --quick` takes 2 minutes, `npm test -- <folder>` runs a part.';
process.exitCode = isMade ? await main() : 1;

async function main(): Promise<number> {
  const plan = quick ? quickPlan() : await planPasses(process.env, { thorough });
  if (!partial) say(WHOLE);
  const passes = partial ? plan.passes.slice(0, 1) : plan.passes;
  const missing = partial ? [] : plan.missing;
  tellLeftOut();
  if (!partial) buildProgram();
  return summarize(await runAll(passes), missing);
}

/**
 * Builds the program once, as `npm ci` does, and the docs, unless each is built of exactly these sources. Tests start it hundreds of times: `plinth config`
 * takes 0.8 s of CPU of a build and 2.0 of the sources, `doctor` 3.9 and 10.8. If a source is edited meanwhile, the launcher starts the sources.
 */
function buildProgram(): void {
  for (const words of [['server/bin/plinth.js', 'prepare'], ['site/build.ts']])
    spawnSync(process.execPath, words, { cwd: ROOT, stdio: 'inherit' });
}

/** The first pass, and when it leaves a worker idle the others: the longest of them beside the rest, each with half of the cores. */
async function runAll([first, ...others]: readonly Pass[]): Promise<Ran[]> {
  if (first === undefined) return [];
  const whole = run(first, { withCoverage: coverage });
  await whole.idle;
  const longest = others.toSorted((a, b) => b.files.length - a.files.length)[0];
  const lanes = [others.filter((pass) => pass === longest), others.filter((pass) => pass !== longest)];
  const beside = lanes.every((lane) => lane.length > 0);
  const ran = await Promise.all(
    lanes.map(async (lane, number) => {
      const done: Ran[] = [];
      for (const pass of lane) done.push(await run(pass, { beside, later: beside && number > 0 }).done);
      return done;
    }),
  );
  return [await whole.done, ...ran.flat()];
}

interface RunOptions {
  readonly withCoverage?: boolean;
  /** Another pass runs at the same time. */
  readonly beside?: boolean;
  /** What it says is shown in one piece when it has ended. */
  readonly later?: boolean;
}

interface Run {
  /** When a worker has no file left, or the run has ended, if that comes first. */
  readonly idle: Promise<unknown>;
  readonly done: Promise<Ran>;
}

function run(pass: Pass, { withCoverage = false, beside = false, later = false }: RunOptions): Run {
  const title = `\n${pass.title}${pass.files.length === 0 ? '' : `: ${pass.files.length} files`}`;
  if (!later) say(title);
  const folder = mkdtempSync(join(tmpdir(), 'plinth-test-report-'));
  const report = join(folder, 'outcomes.json');
  const watcher = watch(folder);
  const flags = ['--reporter=default', '--reporter=./scripts/suite/reporter.ts', '--allowOnly=false'];
  if (withCoverage) flags.push('--coverage.enabled');
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...flags, ...pass.files, ...given], {
    cwd: ROOT,
    stdio: ['inherit', later ? 'pipe' : 'inherit', later ? 'pipe' : 'inherit'],
    env: {
      ...process.env,
      ...pass.environment,
      [REPORT]: report,
      [LEFT_OUT]: [
        ...leftOut.flatMap(({ files }) => files),
        ...walks,
        ...(partial ? [] : (pass.without ?? [])),
      ].join(),
      ...(beside ? { VITEST_MAX_WORKERS: String(availableParallelism()) } : {}),
      ...(thorough ? { [THOROUGH]: 'true' } : partial ? {} : { [SHORT]: 'true' }),
    },
  });
  // Ctrl-C reaches Vitest by itself, which ends its services; this process waits for it.
  process.on('SIGINT', () => {});
  process.once('SIGTERM', () => child.kill('SIGTERM'));
  const began = performance.now();
  const said: Buffer[] = [];
  for (const output of [child.stdout, child.stderr])
    output?.on('data', (data: Buffer) => void said.push(data));
  const done = new Promise<Ran>((resolve) => {
    child.once('close', (code) => {
      const minutes = (performance.now() - began) / 60_000;
      watcher.close();
      if (later) say(`${title}\n${Buffer.concat(said).toString()}`);
      resolve({ pass, report: read(report), minutes, code: code ?? 1 });
      rmSync(folder, { recursive: true, force: true });
    });
  });
  const idle = new Promise<void>((resolve) =>
    watcher.on('change', () => {
      if (existsSync(join(folder, IDLE))) resolve();
    }),
  );
  return { idle: Promise.race([idle, done]), done };
}

/** A run that ended before its tests did, for want of a database for example, is a failure too. */
function read(path: string): Report {
  const report = existsSync(path) ? readReport(path) : { outcomes: [], timings: [] };
  if (report.outcomes.length > 0) return report;
  return { ...report, outcomes: [{ file: '', name: 'no test ran, see above', state: 'failed' }] };
}

function summarize(ran: readonly Ran[], missing: readonly MissingService[]): number {
  const all = ran.flatMap(({ report }) => report.outcomes);
  const unrun = partial ? [] : neverRun(all);
  const otherwise = ran.filter(({ report, code }) => code !== 0 && countOf(report.outcomes, 'failed') === 0);
  say('');
  for (const line of tellSeconds(ran.flatMap(({ report }) => report.timings))) say(line);
  say('');
  for (const { pass, report, minutes } of ran) {
    const { outcomes } = report;
    say(
      `${pass.title}: ${countOf(outcomes, 'passed')} passed, ${countOf(outcomes, 'failed')} failed, ${minutes.toFixed(1)} minutes`,
    );
  }
  for (const { file, name, note = '' } of all.filter(({ state }) => state === 'failed'))
    say(`FAILED  ${file} > ${name}${`\n${note}`.trimEnd().replaceAll('\n', '\n        ')}`);
  for (const { reason } of missing) say(`NOT RUN ${reason}`);
  for (const { file, name, note } of unrun) say(`NOT RUN ${file} > ${name} (${note ?? 'no reason given'})`);
  for (const { pass, code } of otherwise) say(`FAILED  ${pass.title} ended with ${code}, see above`);
  const lacking = strict ? unrun.length + missing.filter(({ needed }) => needed).length : 0;
  if (lacking > 0) say(`With CI=true everything must run: ${lacking} not run counts as failed.`);
  if (recording) say(`recorded as passed: ${recordPassed(passedIn(all)).join(', ') || 'nothing'}`);
  tellLeftOut();
  const failed = countOf(all, 'failed') + otherwise.length + lacking;
  say(`${countOf(all, 'passed')} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** Whether all tests of a file ran and passed, and a run that names single tests is no run of a file. */
function passedIn(outcomes: readonly Outcome[]): (file: string) => boolean {
  if (given.some((argument) => argument.startsWith('-'))) return () => false;
  return (file) => {
    const own = outcomes.filter((one) => one.file === file);
    return own.length > 0 && own.every(({ state }) => state === 'passed');
  };
}

function tellLeftOut(): void {
  if (leftOut.length === 0) return;
  const groups = leftOut.map(({ name, files, since }) => `${name} (${files.length} files, ${since})`);
  say(`unchanged since they last passed, and not run again: ${groups.join(', ')}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
