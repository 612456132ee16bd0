import { SETTING_NAMES, shown } from '#platform/config';
import type { Verb } from './verb.ts';

/** Shows the settings in effect, secrets hidden. */
export const showConfig: Verb = async ({ config }) => {
  const widest = Math.max(...SETTING_NAMES.map((name) => name.length));
  for (const name of SETTING_NAMES)
    process.stdout.write(`${name.padEnd(widest)}  ${shown(config.values, name)}\n`);
  return 0;
};
