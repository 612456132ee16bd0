import { SETTING_NAMES, shown } from '#platform/config';
import { refuseWords, type Verb } from './verb.ts';

/** Shows the settings in effect, secrets hidden. */
export const showConfig: Verb = async ({ config, words }) => {
  const refused = refuseWords('config', words);
  if (refused !== undefined) return refused;
  const widest = Math.max(...SETTING_NAMES.map((name) => name.length));
  for (const name of SETTING_NAMES)
    process.stdout.write(`${name.padEnd(widest)}  ${shown(config.values, name)}\n`);
  return 0;
};
