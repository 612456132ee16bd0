import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of the files in a folder, without some of its packages. */
export function sizeOf(folder: string, without: readonly string[]): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !without.some((name) => path.startsWith(join(folder, name) + '/')))
    .reduce((sum, path) => sum + statSync(path).size, 0);
}
