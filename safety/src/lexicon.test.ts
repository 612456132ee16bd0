import { expect, test } from 'vitest';
import { createLexicon, MOST_KEPT } from './lexicon.ts';
import { precheck } from './precheck.ts';

test('a word is looked at once as long as it comes again, and anew when many others came', () => {
  let looks = 0;
  const { of: wordOf } = createLexicon((text) => ({ text, look: ++looks }));
  const other = (at: number) => wordOf(`other${at}`);
  const first = wordOf('rain');
  for (let at = 0; at < 3 * MOST_KEPT; at++) {
    other(at);
    if (at % MOST_KEPT === 0) expect(wordOf('rain')).toBe(first);
  }
  for (let at = 0; at <= 2 * MOST_KEPT; at++) other(-at);
  expect(wordOf('rain')).not.toBe(first);
  expect(wordOf('rain').text).toBe('rain');
});

test('a text is found the same when its words were forgotten in between', () => {
  const text =
    'das leben ist mir zu viel, das weiß ich, heute nacht ist endlich ruhe für immer, kiiiill mich, killl';
  const before = precheck(text);
  for (let at = 0; at < 2 * MOST_KEPT; at += 1_000)
    precheck(Array.from({ length: 1_000 }, (_, word) => `w${(at + word).toString(36)}x`).join(' '));
  expect(precheck(text)).toEqual(before);
});
