import { createHash } from 'node:crypto';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { GROUPS } from './groups.ts';

/** Files that take so long that a run which begins them last waits for them alone. */
export const LONG: readonly string[] = [
  'server/src/main.test.ts',
  'server/src/platform/billing/providers/stripe/at-once.test.ts',
  'server/src/platform/base/db/migrate-steps.test.ts',
  'server/src/platform/base/db/prepared.test.ts',
  'products/marketplace/review/check-package.test.ts',
  'products/documents/exports/making/file-maker.test.ts',
  'products/documents/reading/reader.test.ts',
  'products/documents/reading/seen-words.test.ts',
  'test/blobs/s3-home.test.ts',
  'test/billing/money.test.ts',
  'test/billing/plans.test.ts',
  'test/console/every-page.test.ts',
  'test/console/ledger.test.ts',
  'test/console/marketplace.test.ts',
  'test/console/plan.test.ts',
  'test/crash/crash.test.ts',
  'test/crash/instants.test.ts',
  'test/docs/browser.test.ts',
  'products/orbit/test/reading-turns.test.ts',
  'test/process/moving.test.ts',
  'test/process/new-product.test.ts',
  'test/process/restore.test.ts',
  'test/scale/statements-at-scale.test.ts',
  'test/sdk/vault/attacks.test.ts',
  'test/sdk/vault/devices.test.ts',
  'safety/training/dev.test.ts',
  'test/walkers/access.test.ts',
  'test/walkers/hostile.test.ts',
  'test/walkers/routes.test.ts',
  'test/walkers/isolation.test.ts',
  'test/walkers/worst-requests.test.ts',
];

/**
 * Another order of the files in each run, one group after the other: Vitest keeps a process that files share only while the very
 * next file is of the same group, so in a mixed order it loaded the program 160 times. The processes of their own come first, as
 * they take longest, and long files lie in the first half of their group.
 */
export class GroupedSequencer extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { seed } = this.ctx.config.sequence;
    process.stdout.write(`order of files: --sequence.seed=${seed}\n`);
    const placed = files.map((file) => ({ file, place: placeOf(pathOf(file), file.project.name, seed) }));
    return Promise.resolve(placed.toSorted((a, b) => a.place - b.place).map(({ file }) => file));
  }
}

const pathOf = ({ project, moduleId }: TestSpecification) => moduleId.slice(project.config.root.length + 1);

/** Where in a run a file comes: the whole number is its group's, the rest is chance. */
export function placeOf(path: string, group: string, seed: number): number {
  const chance = createHash('sha256').update(`${seed} ${path}`).digest().readUInt32BE() / 2 ** 32;
  return GROUPS.findIndex((one) => one === group) + (LONG.includes(path) ? chance / 2 : chance);
}
