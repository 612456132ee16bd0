import { readFileSync } from 'node:fs';
import { codeOf } from './folder.ts';
import { settingCalled, settingNames } from './settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Secrets that may stand in a file, which a variable of another name leads to: `DATABASE_URL_FILE`. */
const secrets = () => settingNames().filter((name) => settingCalled(name).notes.secret === true);
export const secretFileNames = (): readonly string[] => secrets().map((name) => `${name}_FILE`);

/** The environment with what its secret files hold. Problems name the variable; neither its path nor what the file says. */
export function withSecretFiles(environment: Environment, problems: string[]): Environment {
  const found: Record<string, string> = {};
  for (const name of secrets()) {
    const path = environment[`${name}_FILE`]?.trim() ?? '';
    if (path === '') continue;
    if ((environment[name]?.trim() ?? '') !== '') {
      problems.push(`${name} and ${name}_FILE are both set: set one of them.`);
      continue;
    }
    try {
      found[name] = readFileSync(path, 'utf8').trim();
      if (found[name] === '') problems.push(`${name}_FILE leads to a file that is empty.`);
    } catch (error) {
      problems.push(`${name}_FILE leads to a file that can not be read (${codeOf(error)}).`);
    }
  }
  return { ...environment, ...found };
}
