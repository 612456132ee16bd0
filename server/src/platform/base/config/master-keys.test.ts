import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { masterKeyText, parseMasterKeys, readConfig, settingText } from './index.ts';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';

const one = { id: '2026-11', bytes: new Uint8Array(randomBytes(32)) };
const two = { id: '2027_02', bytes: new Uint8Array(randomBytes(32)) };
const both = `${masterKeyText(two)}, ${masterKeyText(one)}`;

test('several master keys are read in their order, by commas or lines, in base64 or base64url', () => {
  expect(readConfig({ MASTER_KEYS: both }).masterKeys).toEqual({ keys: [two, one] });
  expect(parseMasterKeys(`\n${masterKeyText(one)}\n${masterKeyText(two)}\n`)).toEqual([one, two]);
  expect(parseMasterKeys(`${one.id}:${Buffer.from(one.bytes).toString('base64url')}`)).toEqual([one]);
});

test('ENCRYPTION_KEYS is another name of them; two that differ are refused', () => {
  expect(readConfig({ ENCRYPTION_KEYS: both }).masterKeys).toEqual({ keys: [two, one] });
  expect(readConfig({ ENCRYPTION_KEYS: both, MASTER_KEYS: both }).masterKeys).toEqual({ keys: [two, one] });
  const MASTER_KEYS = masterKeyText(one);
  expect(problemsOf({ ENCRYPTION_KEYS: both, MASTER_KEYS })).toEqual([
    'ENCRYPTION_KEYS is another name of MASTER_KEYS, and they differ: set one of them.',
  ]);
});

test('without them there is a file in DATA_DIR', () => {
  expect(readConfig({ DATA_DIR: '/data' }).masterKeys).toEqual({ file: '/data/master-keys' });
});

test.each([
  'hunter2',
  'a:hunter2',
  `:${'A'.repeat(43)}`,
  `a b:${'A'.repeat(43)}`,
  `a:${'A'.repeat(42)}`,
  `${both},hunter2`,
])('a malformed key is a line that does not quote it: %j', (MASTER_KEYS) => {
  const [line = '', ...more] = problemsOf({ MASTER_KEYS });
  expect(line).toContain('MASTER_KEYS must be a list of id:key');
  expect(more).toEqual([]);
  expect(line).not.toContain('hunter2');
});

test('what is wrong is said of the name that was set', () => {
  expect(problemsOf({ ENCRYPTION_KEYS: 'hunter2' })).toEqual([
    expect.stringMatching(/^ENCRYPTION_KEYS must be/),
  ]);
});

test('two keys of one name are refused', () => {
  const MASTER_KEYS = `${masterKeyText(one)},${masterKeyText({ ...two, id: one.id })}`;
  expect(problemsOf({ MASTER_KEYS })).toEqual(['MASTER_KEYS names a key twice.']);
});

/** Problems of master keys in production. */
const about = (environment: Record<string, string>) =>
  problemsOf({ NODE_ENV: 'production', ...environment }).filter((line) => line.includes('MASTER_KEY'));

test('in production master keys are set, or the one in DATA_DIR is asked for by name', () => {
  expect(about({})).toEqual([expect.stringContaining('MASTER_KEYS is missing')]);
  expect(about({ MASTER_KEYS: both })).toEqual([]);
  expect(about({ EMBEDDED_MASTER_KEY: 'true' })).toEqual([]);
  expect(about({ EMBEDDED_MASTER_KEY: 'true', MASTER_KEYS: both })).toEqual([
    'EMBEDDED_MASTER_KEY=true contradicts MASTER_KEYS: set one of them.',
  ]);
});

test('master keys are hidden where settings are shown', () => {
  const { values } = readConfig({ MASTER_KEYS: both, ENCRYPTION_KEYS: both });
  for (const name of ['MASTER_KEYS', 'ENCRYPTION_KEYS'] as const)
    expect(settingText(values, name)).toBe('(set, hidden)');
});
