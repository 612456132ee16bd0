import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './config.ts';

/** The file in a team's repository that lists its products. */
const NAMES = ['plinth.config.ts', 'plinth.config.js'] as const;

/** Whether the program was installed as a package, which has no sources. */
export const isPackage = !existsSync(join(import.meta.dirname, '../../../main.ts'));
/** The checkout in which the program lies; its own `plinth.config.ts` is no team's. */
const CHECKOUT = join(import.meta.dirname, '../../../../..');

/**
 * The path of a team's `plinth.config.ts` in the working directory. undefined: there is none, or it is the checkout's own, which then
 * serves its own products. A package has none: there it throws `ConfigError`.
 */
export function teamConfig(folder = process.cwd()): string | undefined {
  const file = NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (file === undefined && isPackage)
    throw new ConfigError([
      `config_missing: there is no ${NAMES[0]} in ${folder}. Run this in the folder of your repository, or see docs/package.md.`,
    ]);
  return isPackage || (file !== undefined && realpathSync(folder) !== realpathSync(CHECKOUT))
    ? file
    : undefined;
}
