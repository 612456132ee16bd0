import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectPaths, ROOT, sourceFile, targetOf } from '../../test/house/source.ts';

const SERVICES = 'test/services/index.ts';
/** The client sees HTTP alone: whichever database is behind that is the same to it. */
const CLIENT = 'test/sdk/';

/**
 * The test files that use a database, by themselves or through what they import: those run on every engine. Not the
 * client's, which run on the first alone.
 */
export function databaseFiles(): string[] {
  const reaching = new Map<string, boolean>();
  return projectPaths().filter(
    (path) => path.endsWith('.test.ts') && !path.startsWith(CLIENT) && reaches(path, reaching),
  );
}

function reaches(path: string, known: Map<string, boolean>): boolean {
  if (path === SERVICES) return true;
  const before = known.get(path);
  if (before !== undefined) return before;
  // Set first: a circle of imports ends here.
  known.set(path, false);
  const file = join(ROOT, path);
  if (!path.endsWith('.ts') || !existsSync(file)) return false;
  const { imports } = sourceFile(path, readFileSync(file, 'utf8'));
  const targets = imports.map(({ specifier }) => targetOf(path, specifier));
  const found = targets.some((target) => target !== undefined && reaches(target, known));
  known.set(path, found);
  return found;
}
