/**
 * `npm run sabotage`: breaks a copy of the program, one patch at a time, and asks whether the test that should notice
 * does. A patch under which it stays green is a defect. `-- name…` runs some, `-- --stale` those whose file has changed since
 * their last run, and `-- --share 2/7` the second of seven shares of what is chosen. Each outcome is recorded at once
 * (test/sabotage/recorded.json), and docs/sabotage.md is written from all of them.
 */
import { parseArgs } from 'node:util';
import { PATCHES, type Patch } from '../test/sabotage/index.ts';
import { type Copy, copyProject } from './sabotage/copy.ts';
import { isRecorded, readRecord, record, writePage } from './sabotage/record.ts';
import { tryOut, type Verdict } from './sabotage/trial.ts';

interface Result {
  readonly patch: Patch;
  /** Nothing when the named test is green without the patch and red with it. */
  readonly defect: string | undefined;
}

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { share: { type: 'string', default: '1/1' }, stale: { type: 'boolean', default: false } },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const unknown = wanted.filter((name) => !PATCHES.some((patch) => patch.name === name));
  if (unknown.length > 0) throw new Error(`no patch of this name: ${unknown.join(', ')}`);
  const chosen = shareOf(wanted.length === 0 ? PATCHES : PATCHES.filter(({ name }) => wanted.includes(name)));
  const copy = copyProject();
  process.once('exit', () => copy.remove());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const results = await tryAll(copy, chosen);
  const caught = results.filter(({ defect }) => defect === undefined).length;
  say(`${caught} of ${results.length} patches are noticed`);
  writePage();
  return caught === results.length ? 0 : 1;
}

/** The part of what is chosen that this run takes: every nth patch, so that shares take about as long. */
function shareOf(patches: readonly Patch[]): readonly Patch[] {
  const [share = 1, of = 1] = options.share.split('/').map(Number);
  if (!(share >= 1 && share <= of))
    throw new Error(`--share ${options.share}: write 2/7 for the second of seven`);
  const known = readRecord();
  const chosen = options.stale ? patches.filter((patch) => !isRecorded(patch, known)) : patches;
  return chosen.filter((_, place) => place % of === share - 1);
}

async function tryAll(copy: Copy, chosen: readonly Patch[]): Promise<Result[]> {
  // A test that is named by several patches is tried without them once.
  const sound = new Map<string, Promise<Verdict>>();
  const results: Result[] = [];
  for (const patch of chosen) {
    const key = `${patch.expects} on ${patch.engine ?? 'postgres'}`;
    const before = sound.get(key) ?? tryOut(patch, copy.folder);
    sound.set(key, before);
    const defect = await tryOne(copy, patch, await before);
    results.push({ patch, defect });
    record(patch, defect);
    say(`${defect === undefined ? 'red    ' : 'DEFECT '} ${patch.name}: ${defect ?? patch.expects}`);
  }
  return results;
}

async function tryOne(copy: Copy, patch: Patch, before: Verdict): Promise<string | undefined> {
  if (before !== 'green') return `without the patch, ${patch.expects} is ${describe(before)}`;
  let takeBack: () => void;
  try {
    takeBack = copy.apply(patch);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const after = await tryOut(patch, copy.folder);
  takeBack();
  return after === 'red' ? undefined : `with the patch, ${patch.expects} is ${describe(after)}`;
}

function describe(verdict: Verdict): string {
  return typeof verdict === 'string' ? verdict : `unclear: ${verdict.unclear}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
