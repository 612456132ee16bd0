import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A flag of Node's for programs: an embedded database that lives for a second is not worth optimising its code. To open one
 * takes 0.37 s of CPU with it, 0.82 without.
 */
export const QUICK = '--liftoff-only';

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
