import { expect, test } from 'vitest';
import { ConfigError, readConfig } from './index.ts';

const url = 'postgres://app@localhost/plinth';
const systemUrl = 'postgres://worker@localhost/plinth';

/** Problems of the database's logins. */
function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.filter((line) => line.includes('DATABASE_'));
    throw error;
  }
  return [];
}

test('in production the database has two logins, or one is asked for by name', () => {
  const production = { NODE_ENV: 'production', DATABASE_URL: url };
  expect(problemsOf(production)).toEqual([expect.stringContaining('SYSTEM_DATABASE_URL is missing')]);
  expect(problemsOf({ ...production, SYSTEM_DATABASE_URL: systemUrl })).toEqual([]);
  expect(problemsOf({ ...production, SINGLE_DATABASE_LOGIN: 'true' })).toEqual([]);
  expect(
    problemsOf({ ...production, SYSTEM_DATABASE_URL: systemUrl, SINGLE_DATABASE_LOGIN: 'true' }),
  ).toEqual(['SINGLE_DATABASE_LOGIN=true contradicts SYSTEM_DATABASE_URL: set one of them.']);
});

test('a second login comes with the first, and is told apart from it', () => {
  expect(problemsOf({ SYSTEM_DATABASE_URL: systemUrl })).toEqual([
    'SYSTEM_DATABASE_URL is set without DATABASE_URL.',
  ]);
  const { database } = readConfig({ DATABASE_URL: url, SYSTEM_DATABASE_URL: systemUrl });
  expect(database).toMatchObject({ url, systemUrl });
});
