import { join } from 'node:path';
import type { Database } from '#platform/db';
import { readStatements as read } from '@plinth/testkit/statements/read-statements';
import type { ProgramOptions } from '@plinth/testkit/statements/program';
import { isProgram } from '@plinth/testkit/house/arrows';
import { ROOT } from '@plinth/testkit/house/source';
import { examples } from './examples.ts';

/** Statements that are wrong on purpose. */
export const LIES = 'test/statements/wrong-statements.ts';

const STATEMENT = join(ROOT, 'server/src/platform/base/db/statement.ts');

/** The whole house without its tests. */
const HOUSE: ProgramOptions = {
  project: join(ROOT, 'tsconfig.json'),
  isLookedAt: (path) => isProgram(path) || path === LIES,
  isDeclaredIn: (file) => file === STATEMENT,
};

export async function readStatements(db: Database) {
  const shown = await examples(db);
  return { ...read(HOUSE, shown), shown };
}
