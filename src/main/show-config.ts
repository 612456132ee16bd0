import { type AiSettings, aiSettingsOf } from '#platform/ai';
import { SETTING_NAMES, settingText } from '#platform/config';
import { refuseWords, type Verb } from './verb.ts';

/** Shows the settings in effect, secrets hidden. */
export const showConfig: Verb = async ({ config, words }) => {
  const refused = refuseWords('config', words);
  if (refused !== undefined) return refused;
  const widest = Math.max(...SETTING_NAMES.map((name) => name.length));
  for (const name of SETTING_NAMES)
    process.stdout.write(`${name.padEnd(widest)}  ${settingText(config.values, name)}\n`);
  process.stdout.write(shownAi(aiSettingsOf(config)));
  return 0;
};

/** What is in effect of AI_CONFIG, and of what comes with the program; it holds no secrets. */
function shownAi({ prices, models, aliases, policyOverrides, allowedFields }: AiSettings): string {
  const rows = [
    ['prices', prices.version],
    ...Object.entries(models).map(([provider, names]) => [`models of ${provider}`, names.join(', ')]),
    ...Object.entries(aliases).map(([alias, names]) => [`alias ${alias}`, names.join(', ')]),
    ...Object.entries(policyOverrides).map(([policy, change]) => [
      `policy ${policy}`,
      JSON.stringify(change),
    ]),
    ...(allowedFields.length === 0 ? [] : [['allowed fields', allowedFields.join(', ')]]),
  ];
  return `\nAI\n${rows.map(([name = '', value]) => `${name.padEnd(24)}  ${value}\n`).join('')}`;
}
