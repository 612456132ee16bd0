import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

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
