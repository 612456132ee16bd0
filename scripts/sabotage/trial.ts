import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Patch } from '../../test/sabotage/index.ts';
import type { Outcome } from '../suite/outcomes.ts';
import type { Copy } from './copy.ts';
import { type Runs, startRuns } from './runs.ts';

/** How the test that a patch names ended, or why there is no such answer. */
export type Verdict = 'green' | 'red' | { readonly unclear: string };

/** A copy of the project, and what runs its tests. */
export interface Lane {
  readonly copy: Copy;
  readonly runs: Runs;
}

export const openLane = (copy: Copy): Lane => ({ copy, runs: startRuns(copy.folder) });

/** The test that a patch names, and the engine that it runs on. */
export const testOf = ({ expects, engine = 'postgres' }: Patch) => `${expects} on ${engine}`;

/** What a run is started with: a patch of it needs a run of its own. The roles of `src/platform/db` are those of a whole server. */
const STARTS =
  /^(scripts|test\/services|test\/house|src\/platform\/db)\/|^(vitest\.config|test\/(thorough|after-file))\.ts$|(^|\/)package\.json$/;
/** What the schema is made of, or a module's part of it is found by. */
const SCHEMA = /\.sql$|\/migrations\/|^src\/.*\/index\.ts$|^src\/platform\/(modules\.ts|module\/)/;

/**
 * What is wrong with some patches that name the same test: nothing where it is red with the patch, and green without it in a run
 * of the same kind. That comes last, so that it also shows that the services still stand and the patches are taken back.
 */
export async function tryPatches(lane: Lane, patches: readonly Patch[]): Promise<(string | undefined)[]> {
  const together = await tryInOneRun(lane, patches);
  if (together !== undefined) return together;
  const defects: (string | undefined)[] = [];
  for (const patch of patches) {
    lane.runs.renew();
    defects.push(...((await tryInOneRun(lane, [patch])) ?? [await withoutPatch(lane, patch)]));
  }
  return defects;
}

/** Nothing where the test is not green without a patch: that may be for what a patch before has left behind. */
async function tryInOneRun(
  lane: Lane,
  patches: readonly Patch[],
): Promise<(string | undefined)[] | undefined> {
  const defects: (string | undefined)[] = [];
  for (const patch of patches) defects.push(await withPatch(lane, patch));
  const [patch] = patches;
  return patch !== undefined && (await runTest(lane, patch)) === 'green' ? defects : undefined;
}

async function withPatch(lane: Lane, patch: Patch): Promise<string | undefined> {
  const { copy, runs } = lane;
  const { file, engine = 'postgres', expects } = patch;
  const needsOwnRun = STARTS.test(file) || (engine === 'pglite' && SCHEMA.test(file));
  if (needsOwnRun) runs.renew();
  else if (expects !== 'types') await runs.ready(engine);
  let takeBack: () => void;
  try {
    takeBack = copy.apply(patch);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const verdict = await runTest(lane, patch, SCHEMA.test(file) && !needsOwnRun);
  takeBack();
  if (needsOwnRun) runs.renew();
  return verdict === 'red' ? undefined : `with the patch, ${expects} is ${describe(verdict)}`;
}

async function withoutPatch(lane: Lane, patch: Patch): Promise<string | undefined> {
  lane.runs.renew();
  const verdict = await runTest(lane, patch);
  return `without the patch, ${patch.expects} is ${verdict === 'green' ? 'not always green' : describe(verdict)}`;
}

function describe(verdict: Verdict): string {
  return typeof verdict === 'string' ? verdict : `unclear: ${verdict.unclear}`;
}

/** Runs the test that a patch names, alone, in the copy as it stands. */
async function runTest({ copy, runs }: Lane, patch: Patch, ownSchema = false): Promise<Verdict> {
  const { expects, engine = 'postgres', file: changed } = patch;
  if (expects === 'types') return compile(copy.folder);
  const [file = '', name = ''] = expects.split(' :: ');
  try {
    const outcomes = await runs.run(engine, { file, pattern: pattern(name), changed: [changed], ownSchema });
    return verdictOf(outcomes, name);
  } catch (error) {
    return { unclear: `the run came to nothing (${error instanceof Error ? error.message : String(error)})` };
  }
}

async function compile(folder: string): Promise<Verdict> {
  const child = spawn(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const [code]: unknown[] = await once(child, 'close');
  return code === 0 ? 'green' : 'red';
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
