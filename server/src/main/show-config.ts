import { aiSettingsOf } from '#platform/ai';
import { settingNames, settingText } from '#platform/config';
import { aiRows } from '#platform/diagnosis';
import { refuseWords, type Verb } from './verb.ts';

/** Shows the settings in effect, secrets hidden. */
export const showConfig: Verb = async ({ config, words }) => {
  const refused = refuseWords('config', words);
  if (refused !== undefined) return refused;
  const names = settingNames();
  const widest = Math.max(...names.map((name) => name.length));
  for (const name of names)
    process.stdout.write(`${name.padEnd(widest)}  ${settingText(config.values, name)}\n`);
  process.stdout.write('\nAI\n');
  for (const { name, value } of aiRows(aiSettingsOf(config)))
    process.stdout.write(`${name.padEnd(24)}  ${value}\n`);
  return 0;
};
