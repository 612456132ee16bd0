import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffWords, type Stretch } from './word-diff.ts';

const without = (all: readonly Stretch[], op: Stretch['op']) =>
  all.flatMap((one) => (one.op === op ? [] : [one.text])).join('');
const long = (word: string) => Array.from({ length: 2_100 }, (_, n) => `${word}${n}`).join(' ');

test('a diff of words names what was taken out and put in, once', () => {
  expect(diffWords('Read the file once.', 'Read the whole file twice.')).toEqual([
    { op: 'same', text: 'Read the' },
    { op: 'added', text: ' whole' },
    { op: 'same', text: ' file' },
    { op: 'removed', text: ' once.' },
    { op: 'added', text: ' twice.' },
  ]);
  expect(diffWords('', '')).toEqual([]);
});

test('a diff of words holds both texts', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n') });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const all = diffWords(before, after);
      expect([without(all, 'added'), without(all, 'removed')]).toEqual([before, after]);
    }),
  );
});

test('long texts without a word in common are shown as one in place of the other', () => {
  expect(diffWords(long('a'), long('b')).map(({ op }) => op)).toEqual(['removed', 'added']);
});
