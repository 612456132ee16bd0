import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './config.ts';

/** The file in a team's repository that lists its products. */
const NAMES = ['plinth.config.ts', 'plinth.config.js'] as const;

/** Whether the program was installed as a package, which has no sources. */
export const isPackage = !existsSync(join(import.meta.dirname, '../../main.ts'));

/**
 * The path of `plinth.config.ts` in the working directory. undefined: there is none, and a checkout serves its own products. A package
 * has none of its own: there it throws `ConfigError`.
 */
export function teamConfig(folder = process.cwd()): string | undefined {
  const file = NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (file === undefined && isPackage)
    throw new ConfigError([
      `config_missing: there is no ${NAMES[0]} in ${folder}. Run this in the folder of your repository, or see docs/package.md.`,
    ]);
  return file;
}
