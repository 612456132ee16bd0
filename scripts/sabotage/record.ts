import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../../test/house/source.ts';
import { type Patch, PATCHES } from '../../test/sabotage/index.ts';
import { digestOf } from './digest.ts';

/** The last run of a patch. */
const runSchema = z.object({
  /** The day of it. */
  on: z.iso.date(),
  /** What it was tried on: the patch, the code that it breaks and the test (digest.ts). */
  digest: z.string(),
  /** What is wrong with it, where its test did not go red. */
  defect: z.string().optional(),
});
const recordSchema = z.record(z.string(), runSchema);

export type RunRecord = z.infer<typeof recordSchema>;

const RECORD = join(ROOT, 'test/sabotage/recorded.json');
const PAGE = join(ROOT, 'docs/sabotage.md');

export function readRecord(): RunRecord {
  return existsSync(RECORD) ? recordSchema.parse(JSON.parse(readFileSync(RECORD, 'utf8'))) : {};
}

/** Whether a patch went red on the code and by the test as they are now. */
export function isRecorded(patch: Patch, runs: RunRecord): boolean {
  const run = runs[patch.name];
  return run !== undefined && run.defect === undefined && run.digest === digestOf(patch);
}

/**
 * Writes an outcome down at once, so that a run that is ended has not been for nothing; forgets patches that are gone. `folder`
 * is the copy that it was tried on: the project itself may be another one by now.
 */
export function record(patch: Patch, defect: string | undefined, folder: string): void {
  const on = new Date().toISOString().slice(0, 10);
  const digest = digestOf(patch, (path) => readFileSync(join(folder, path), 'utf8'));
  const runs = { ...readRecord(), [patch.name]: { on, digest, ...(defect === undefined ? {} : { defect }) } };
  const names = new Set(PATCHES.map(({ name }) => name));
  const kept = Object.entries(runs).filter(([name]) => names.has(name));
  const sorted = Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(RECORD, `${JSON.stringify(sorted, undefined, 2)}\n`);
}

/** docs/sabotage.md. */
export function writePage(): void {
  const runs = readRecord();
  const current = PATCHES.filter((patch) => isRecorded(patch, runs)).length;
  const rows = PATCHES.map((patch) => {
    const where = `${patch.file}${patch.engine === undefined ? '' : ` (${patch.engine})`}`;
    return `| ${patch.name} | ${where} | ${outcomeOf(patch, runs)} | ${patch.expects.replaceAll('|', '\\|')} |`;
  });
  writeFileSync(
    PAGE,
    `# Sabotage

\`npm run sabotage\` breaks a copy of the program in one place at a time and runs the test that should notice. A patch
under which that test stays green is a defect. The patches are in \`test/sabotage/\`. Of ${PATCHES.length} patches, ${current} have gone red on the
code and by the test as they are now; \`npm run sabotage -- --stale\` runs the others, \`--share 2/7\` a part of them.

| patch | file | last run | test that goes red |
|---|---|---|---|
${rows.join('\n')}
`,
  );
}

function outcomeOf(patch: Patch, runs: RunRecord): string {
  const run = runs[patch.name];
  if (run === undefined) return 'none yet';
  if (run.defect !== undefined) return `DEFECT on ${run.on}`;
  return isRecorded(patch, runs)
    ? `red on ${run.on}`
    : `red on ${run.on}, before its code or its test changed`;
}
