import { expect, test } from 'vitest';
import { createBeginnings } from './beginnings.ts';

const beginnings = createBeginnings(
  new Map(['nacht', 'nachbar', 'na', 'über', 'x'].map((name) => [name, name])),
);

/** All entries that the word begins with there. */
function entriesOf(word: string, from = 0): string[] {
  const longest = beginnings.read(word, from);
  return Array.from({ length: longest }, (_, at) => beginnings.valueOf(at + 1)).filter(
    (entry) => entry !== undefined,
  );
}

test('a word has each beginning that is an entry, and no other', () => {
  expect(entriesOf('nachschub')).toEqual(['na']);
  expect(entriesOf('nachtzug')).toEqual(['na', 'nacht']);
  expect(entriesOf('nachbarin')).toEqual(['na', 'nachbar']);
  expect(entriesOf('überall')).toEqual(['über']);
  for (const word of ['', 'n', 'tag', 'yx']) expect(entriesOf(word)).toEqual([]);
});

test('one within a word is found from where it begins', () => {
  expect(entriesOf('mitternacht', 6)).toEqual(['na', 'nacht']);
  expect(entriesOf('box', 2)).toEqual(['x']);
  expect(entriesOf('box', 3)).toEqual([]);
});
