/**
 * `npm run sabotage`: breaks a copy of the program, one patch at a time, and asks whether the test that should notice
 * does. A patch under which it stays green is a defect. `npm run sabotage -- name…` runs some; a run of all writes
 * docs/sabotage.md.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../test/house/source.ts';
import { PATCHES, type Patch } from '../test/sabotage/index.ts';
import { type Copy, copyProject } from './sabotage/copy.ts';
import { tryOut, type Verdict } from './sabotage/trial.ts';

interface Result {
  readonly patch: Patch;
  /** Nothing when the named test is green without the patch and red with it. */
  readonly defect: string | undefined;
}

const wanted = process.argv.slice(2);
process.exitCode = await main();

async function main(): Promise<number> {
  const unknown = wanted.filter((name) => !PATCHES.some((patch) => patch.name === name));
  if (unknown.length > 0) throw new Error(`no patch of this name: ${unknown.join(', ')}`);
  const chosen = wanted.length === 0 ? PATCHES : PATCHES.filter(({ name }) => wanted.includes(name));
  const copy = copyProject();
  process.once('exit', () => copy.remove());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const results = await tryAll(copy, chosen);
  const caught = results.filter(({ defect }) => defect === undefined).length;
  say(`${caught} of ${results.length} patches are noticed`);
  if (wanted.length === 0) writeFileSync(join(ROOT, 'docs/sabotage.md'), page(results));
  return caught === results.length ? 0 : 1;
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

function page(results: readonly Result[]): string {
  const rows = results.map(({ patch, defect }) => {
    const where = `${patch.file}${patch.engine === undefined ? '' : ` (${patch.engine})`}`;
    return `| ${patch.name} | ${where} | ${defect === undefined ? 'red' : 'DEFECT'} | ${(defect ?? patch.expects).replaceAll('|', '\\|')} |`;
  });
  return `# Sabotage

\`npm run sabotage\` breaks a copy of the program in one place at a time and runs the test that should notice. A patch
under which that test stays green is a defect. The patches are in \`test/sabotage/\`; this is their last run, ${when()}.

| patch | file | outcome | test that goes red |
|---|---|---|---|
${rows.join('\n')}
`;
}

function when(): string {
  const day = new Date().toISOString().slice(0, 10);
  try {
    const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
    }).trim();
    return `${day}, on top of ${commit}`;
  } catch {
    return day;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
