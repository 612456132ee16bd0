import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of these, which a process may set for itself too. */
export const UNOPTIMISED = '--liftoff-only';
/**
 * Flags of Node's for programs: an embedded database that lives for a second is not worth optimising its code, to open one takes
 * 0.37 s of CPU so, 0.82 else; and where each core is busy a collector of several threads costs more than it helps (`plinth config`: 1.55
 * and 1.75 s of CPU).
 */
export const QUICK: readonly string[] = [UNOPTIMISED, '--single-threaded-gc'];

/** Where programs of a name lie on PATH, the first one first. */
export function programsOnPath(name: string): string[] {
  return programsIn((process.env['PATH'] ?? '').split(delimiter), name);
}

/** Where programs of a name lie in some folders. */
export function programsIn(folders: readonly string[], name: string): string[] {
  return folders.map((folder) => join(folder, name)).filter(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
