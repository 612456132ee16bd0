import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemRandom } from '#platform/kernel';
import { temporaryFolder } from '@plinth/testkit/services';
import { createOneTimeCodes } from './one-time-code.ts';

const WRONG = '0000-0000';

function fixture({ hasTerminal = true } = {}) {
  const dataDir = temporaryFolder();
  const time = { now: 0 };
  const clock = { now: () => 0, monotonic: () => time.now };
  const said: string[] = [];
  const terminal = hasTerminal ? (text: string) => void said.push(text) : undefined;
  const codes = createOneTimeCodes({ clock, random: systemRandom, dataDir, terminal });
  const lastCode = () => /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(said.at(-1) ?? '')?.[0] ?? '';
  return { codes, said, time, lastCode, file: join(dataDir, 'one-time-code') };
}

test('a code in the terminal is good once, in any case, and is shown again only when it is not good', () => {
  const { codes, said, lastCode, file } = fixture();
  expect([codes.show(), codes.show(), said.length]).toEqual(['terminal', 'terminal', 1]);
  const code = lastCode();
  codes.redeem(` ${code.toLowerCase()}\n`);
  expect(() => codes.redeem(code)).toThrow('This code is wrong');
  codes.show();
  expect(said).toHaveLength(2);
  expect(lastCode()).not.toBe(code);
  expect(existsSync(file)).toBe(false);
});

test('a code is good for ten minutes and five tries', () => {
  const { codes, time, lastCode } = fixture();
  codes.show();
  time.now += 600_000;
  expect(() => codes.redeem(lastCode())).toThrow('This code is wrong');
  codes.show();
  for (let tries = 0; tries < 4; tries += 1) expect(() => codes.redeem(WRONG)).toThrow('This code is wrong');
  codes.redeem(lastCode());
  codes.show();
  for (let tries = 0; tries < 5; tries += 1) expect(() => codes.redeem(WRONG)).toThrow('This code is wrong');
  expect(() => codes.redeem(lastCode())).toThrow('This code is wrong');
});

test('without a terminal the code is in a file that its owner alone reads, and that goes with the code', () => {
  const { codes, file } = fixture({ hasTerminal: false });
  expect(codes.show()).toBe('file');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  codes.redeem(readFileSync(file, 'utf8'));
  expect(existsSync(file)).toBe(false);
});
