import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '@plinth/testkit/house/source';

const known = JSON.parse(readFileSync(join(import.meta.dirname, 'migrations.json'), 'utf8')) as Record<
  string,
  string
>;

/** A database that has applied a step refuses a program in which the step reads otherwise, in a comment too. */
test('no step of a migration that was published is edited: a new step has a line in migrations.json', () => {
  const steps = globSync(['server/src/**/*.up.sql', 'products/**/*.up.sql'], { cwd: ROOT })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted();
  const digests = steps.map((name) => {
    const digest = createHash('sha256').update(readFileSync(join(ROOT, name)));
    return [name, digest.digest('hex').slice(0, 16)];
  });
  expect(Object.fromEntries(digests)).toEqual(known);
});
