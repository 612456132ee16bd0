import { mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGES = join(ROOT, 'node_modules');

/** Gives a copy of this checkout its packages: those of others by links to what is installed here, its own by links into the copy. */
export function linkPackages(copy: string): void {
  const folder = join(copy, 'node_modules');
  mkdirSync(join(folder, '@plinth'), { recursive: true });
  for (const name of readdirSync(PACKAGES))
    if (name !== 'plinth' && name !== '@plinth') symlinkSync(join(PACKAGES, name), join(folder, name));
  for (const name of ['plinth', ...readdirSync(join(PACKAGES, '@plinth')).map((own) => `@plinth/${own}`)]) {
    const place = relative(realpathSync(ROOT), realpathSync(join(PACKAGES, name)));
    // Relative: a copy may be moved.
    symlinkSync(join('..', name.includes('/') ? '..' : '', place), join(folder, name));
  }
}
