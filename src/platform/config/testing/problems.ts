import { ConfigError, readConfig } from '../index.ts';

/** What is wrong with an environment, a line each; nothing, where it can be read. */
export function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}
