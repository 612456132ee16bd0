/**
 * `npm run sabotage`: breaks a copy of the program, one patch at a time, and asks whether the test that should notice
 * does. A patch under which it stays green is a defect. `-- name…` runs some, `-- --stale` those whose code or test has changed
 * since their last run, and `-- --share 2/7` the second of seven shares of what is chosen. Each outcome is recorded at once
 * (test/sabotage/recorded.json), and docs/sabotage.md is written from all of them.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { PATCHES, type Patch } from '../test/sabotage/index.ts';
import { copyProject } from './sabotage/copy.ts';
import { isRecorded, readRecord, record, writePage } from './sabotage/record.ts';
import { type Lane, openLane, testOf, tryPatches } from './sabotage/trial.ts';

interface Result {
  readonly patch: Patch;
  /** Nothing when the named test is green without the patch and red with it. */
  readonly defect: string | undefined;
}

const LANES = Math.min(4, availableParallelism() * 2);

const USAGE = `Usage: npm run sabotage -- [name …] [--stale] [--share 2/7]

Breaks a copy of the program, one patch at a time, and asks whether the test that should notice does.

  name …       these patches alone; without a name, all of them
  --stale      those whose code or test has changed since their last run
  --share 2/7  the second of seven shares of what is chosen
`;

const { options, wanted } = asked();
process.exitCode = await main();

/** What the command line says. Ends the program where that is a question, or nonsense. */
function asked() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        share: { type: 'string', default: '1/1' },
        stale: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (!values.help) return { options: values, wanted: positionals };
    process.stdout.write(USAGE);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function main(): Promise<number> {
  const unknown = wanted.filter((name) => !PATCHES.some((patch) => patch.name === name));
  if (unknown.length > 0) throw new Error(`no patch of this name: ${unknown.join(', ')}`);
  const chosen = shareOf(wanted.length === 0 ? PATCHES : PATCHES.filter(({ name }) => wanted.includes(name)));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const results = await tryEach(chosen);
  const caught = results.filter(({ defect }) => defect === undefined).length;
  const minutes = (performance.now() / 60_000).toFixed(1);
  say(`${caught} of ${results.length} patches are noticed, ${minutes} minutes`);
  writePage();
  return caught === results.length ? 0 : 1;
}

/** The part of what is chosen that this run takes: every nth test file, with all patches that it notices. */
function shareOf(patches: readonly Patch[]): (readonly Patch[])[] {
  const [share = 1, of = 1] = options.share.split('/').map(Number);
  if (!(share >= 1 && share <= of))
    throw new Error(`--share ${options.share}: write 2/7 for the second of seven`);
  const known = readRecord();
  const chosen = options.stale ? patches.filter((patch) => !isRecorded(patch, known)) : patches;
  const files = [...Map.groupBy(chosen, ({ expects }) => expects.split(' :: ')[0]).values()];
  return files.filter((_, place) => place % of === share - 1);
}

/** Some at a time, each in a copy of its own: a trial waits for its database for a third of its time. */
async function tryEach(files: (readonly Patch[])[]): Promise<Result[]> {
  const lanes = Array.from({ length: Math.min(LANES, files.length) }, () => openLane(copyProject()));
  process.once('exit', () => {
    for (const { copy, runs } of lanes) {
      runs.renew();
      copy.remove();
    }
  });
  const results: Result[] = [];
  const ended = lanes.map(async (lane) => {
    for (let patches = files.shift(); patches !== undefined; patches = files.shift())
      for (const alike of Map.groupBy(patches, testOf).values())
        results.push(...(await tryAndRecord(lane, alike)));
  });
  await Promise.all(ended);
  for (const { runs } of lanes) runs.renew();
  return results;
}

/** Patches that name the same test. */
async function tryAndRecord(lane: Lane, patches: readonly Patch[]): Promise<Result[]> {
  const began = performance.now();
  const defects = await tryPatches(lane, patches);
  const seconds = ((performance.now() - began) / 1_000 / patches.length).toFixed(1);
  return patches.map((patch, place) => {
    const defect = defects[place];
    record(patch, defect, lane.copy.folder);
    const verdict = defect === undefined ? 'red    ' : 'DEFECT ';
    say(`${verdict} ${patch.name}: ${defect ?? patch.expects} (${seconds} s)`);
    return { patch, defect };
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
