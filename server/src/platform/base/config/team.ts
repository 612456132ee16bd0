import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './config.ts';

/** The file in a team's repository that lists its products. */
const NAMES = ['plinth.config.ts', 'plinth.config.js'] as const;
/** The file of products that are plans alone: a folder needs no other. */
export const PLANS_NAME = 'plinth.plans.yaml';
const PLANS_YML = 'plinth.plans.yml';

/** Whether the program was installed as a package, which has no sources. */
export const isPackage = !existsSync(join(import.meta.dirname, '../../../main.ts'));
/** The checkout in which the program lies; its own `plinth.config.ts` is no team's. */
const CHECKOUT = join(import.meta.dirname, '../../../../..');

/**
 * The path of a team's `plinth.config.ts` in the working directory. undefined: there is none, or it is the checkout's own, which then
 * serves its own products. A package has none: without a plans file either it throws `ConfigError`.
 */
export function teamConfig(folder = process.cwd()): string | undefined {
  const file = NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
  const hasPlans = existsSync(join(folder, PLANS_NAME)) || process.env['PLANS_FILE'] !== undefined;
  const hint = existsSync(join(folder, PLANS_YML)) ? ` ${PLANS_YML} is not read: name it ${PLANS_NAME}.` : '';
  if (file === undefined && isPackage && !hasPlans)
    throw new ConfigError([
      `config_missing: there is neither ${NAMES[0]} nor ${PLANS_NAME} in ${folder}.${hint} Run this in the folder of your repository, or see docs/package.md.`,
    ]);
  return isPackage || (file !== undefined && realpathSync(folder) !== realpathSync(CHECKOUT))
    ? file
    : undefined;
}
