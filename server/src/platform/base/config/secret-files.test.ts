import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';
import { temporaryFolder } from '@plinth/testkit/services';
import { readConfig, settingText } from './index.ts';

const folder = temporaryFolder();
const file = (name: string, said: string) => {
  const path = join(folder, name);
  writeFileSync(path, said);
  return path;
};

test('a secret stands in a file, whose last line end is none of it', () => {
  const { values } = readConfig({ METRICS_TOKEN_FILE: file('token', 'a long random word\n') });
  expect(values.METRICS_TOKEN).toBe('a long random word');
  expect(settingText(values, 'METRICS_TOKEN')).toBe('(set, hidden)');
});

test.each([
  [
    'is set beside the secret',
    { METRICS_TOKEN: 'marker'.repeat(3), METRICS_TOKEN_FILE: file('marker-file', 'x'.repeat(20)) },
    'METRICS_TOKEN and METRICS_TOKEN_FILE are both set',
  ],
  ['can not be read', { METRICS_TOKEN_FILE: join(folder, 'marker') }, 'can not be read (ENOENT)'],
  ['is a folder', { METRICS_TOKEN_FILE: folder }, 'can not be read (EISDIR)'],
  [
    'is empty',
    { METRICS_TOKEN_FILE: file('empty', '\n') },
    'METRICS_TOKEN_FILE leads to a file that is empty',
  ],
  ['holds a wrong value', { METRICS_TOKEN_FILE: file('short', 'marker') }, 'METRICS_TOKEN must have'],
  ['has a slip in its name', { METRICS_TOKEN_FLIE: 'x' }, 'Did you mean METRICS_TOKEN_FILE?'],
] satisfies [string, Record<string, string>, string][])(
  'a file of a secret that %s is refused, and neither path nor content is quoted',
  (_case, given, says) => {
    const problems = problemsOf(given);
    expect(problems.join()).toContain(says);
    expect(problems.join()).not.toContain('marker');
  },
);
