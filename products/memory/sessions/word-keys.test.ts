import { createHash, createSecretKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DataKey } from '#platform/secrets';
import { turnsOf } from '../testing/turns.ts';
import { wordsOf } from './message-text.ts';
import { ANY, keysOf, keysOfTurn, RANKS, wordTerm } from './word-keys.ts';

const keyOf = (text: string) => createSecretKey(createHash('sha256').update(text).digest());
const KEY = keyOf('a key');
const hashOf = (n: number) => createHash('sha256').update(`${n}`).digest();
const TURNS = 4_096;

/** The rank that a word has in a turn. */
function rankOf(word: string, words: ReadonlyMap<string, number>, hash: Uint8Array): number {
  const keys = keysOf(KEY, wordTerm(word));
  const held = new Set(keysOfTurn(KEY, { words, marks: [], hash }));
  return keys.findIndex((key) => held.has(key));
}

/** Turns with so many other words: how many have the word at each rank or above. */
function turnsFrom(count: number, others: number): number[] {
  const words = new Map([
    ['heron', count],
    ...Array.from({ length: others }, (_, n) => [`w${n}`, 1] as const),
  ]);
  const ranks = Array.from({ length: TURNS / 8 }, (_, n) => rankOf('heron', words, hashOf(n)));
  return Array.from({ length: 5 }, (_, least) => ranks.filter((rank) => rank >= least).length * 8);
}

describe('keys of words', () => {
  test('are of one word and rank each, and the same whenever they are made', () => {
    const keys = [...keysOf(KEY, wordTerm('heron')), ...keysOf(KEY, wordTerm('otter')), ...keysOf(KEY, ANY)];
    expect(new Set(keys).size).toBe(3 * RANKS);
    expect(keysOf(KEY, wordTerm('heron'))).toEqual(keys.slice(0, RANKS));
    expect(keysOf(keyOf('another'), wordTerm('heron'))).not.toContain(keys[0]);
  });

  test('have half as many turns with each rank', () => {
    const counts = turnsFrom(1, 40);
    for (const [rank, count] of counts.entries())
      expect(Math.abs(count - TURNS / 2 ** rank)).toBeLessThan(TURNS / 2 ** rank / 3 + 60);
  });

  test('are of a higher rank in turns that are more about the word', () => {
    const [plain, short, often] = [turnsFrom(1, 40), turnsFrom(1, 5), turnsFrom(6, 40)];
    for (const more of [short, often]) expect(more[3]).toBeGreaterThan(1.5 * (plain[3] ?? 0));
  });

  test('are made while others go on, of a turn of many words', async () => {
    const terms = new Map(Array.from({ length: 5_000 }, (_, n) => [`w${n}`, 1]));
    const said = {
      role: 'user',
      speaker: null,
      text: '',
      saidAt: new Date(0),
      hash: hashOf(1),
      terms,
    } as const;
    const key: Pick<DataKey, 'derive'> = { derive: () => KEY };
    expect(await turnsOf(() => wordsOf(key, said))).toBeGreaterThanOrEqual(5);
  });
});
