import type { SettingNotes } from './setting.ts';
import { settingCalled, settingNames } from './settings.ts';

const GROUPS: readonly SettingNotes['group'][] = [
  'Server',
  'Database',
  'Redis',
  'AI',
  'Keys',
  'Sign-in',
  'Mail',
  'Accounts',
  'Stripe',
  'Stores',
  'QStash',
  'Files',
  'Operations',
];

const namesOf = (group: SettingNotes['group']) =>
  settingNames().filter((name) => settingCalled(name).notes.group === group);

/** The default of a setting, as it would be written. */
function defaultOf(name: string): string | undefined {
  const parsed = settingCalled(name).schema.safeParse(undefined);
  return parsed.success && parsed.data !== undefined ? textOf(parsed.data) : undefined;
}

/** docs/generated/config.md */
export function configMarkdown(): string {
  const head =
    '# Settings\n\nMade from `server/src/platform/base/config/settings.ts` and the settings that products declare by `npm run generate`. All are environment variables; a `.env` file in the working folder is read too. A secret may stand in a file instead: `DATABASE_URL_FILE=/run/secrets/database_url` leads to the value of `DATABASE_URL`, and so for each that is marked *Secret* here. `plinth config` shows the values in effect. A name that is nearly one of these (`DATABSE_URL`) stops the start; if it is meant for another program, set the one that it resembles to nothing.\n';
  const groups = GROUPS.map((group) => {
    const rows = namesOf(group).map((name) => {
      const { says, secret } = settingCalled(name).notes;
      const fallback = defaultOf(name);
      return `| \`${name}\` | ${fallback === undefined ? '' : `\`${fallback}\``} | ${says}${secret === true ? ' Secret.' : ''} |`;
    });
    return `\n## ${group}\n\n| setting | default | |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return head + groups.join('');
}

/** .env.example: every setting, commented out, with its default or an example. */
export function envExample(): string {
  const head =
    '# All settings, with their defaults or an example. Copy to .env and uncomment what you need.\n# A secret may stand in a file instead: NAME_FILE=/run/secrets/name (docs/generated/config.md says which are secrets).\n# Made by `npm run generate`.\n';
  const groups = GROUPS.map((group) => {
    const lines = namesOf(group).map((name) => {
      const { says, example } = settingCalled(name).notes;
      return `# ${says}\n# ${name}=${defaultOf(name) ?? example ?? ''}\n`;
    });
    return `\n# --- ${group}\n\n${lines.join('\n')}`;
  });
  return head + groups.join('');
}

/** The effective value of a setting as text; a secret only says whether it is set. */
export function settingText(values: Readonly<Record<string, unknown>>, name: string): string {
  const value = values[name];
  if (value === undefined) return '(not set)';
  if (settingCalled(name).notes.secret === true) return '(set, hidden)';
  return textOf(value);
}

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));
