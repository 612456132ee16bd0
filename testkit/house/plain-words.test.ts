import { expect, test } from 'vitest';
import { type Kind, plainWordObjections, plainWordsIn, wordObjections } from './plain-words.ts';

test('comments without a subject that acts are those that each package lists, and the lists only shrink', () => {
  expect(wordObjections()).toEqual([]);
});

test('more lines than listed are an objection, and so are fewer', () => {
  expect(plainWordObjections('sdk', { indefinite: 2, question: 1 }, { indefinite: 1, question: 1 })).toEqual([
    'sdk: 2 lines (indefinite), 1 are listed. Name who acts in the comments that you wrote.',
  ]);
  expect(plainWordObjections('create', undefined, { question: 3 })).toEqual([
    'create: 0 lines (question). Lower the entry of create/house.json, which is 3.',
  ]);
});

test.each<readonly [kind: Kind, path: string, text: string, lines: number[]]>([
  ['indefinite', 'a.ts', '/** For nobody. */\nconst a = 1; // Whatever it is.', [1, 2]],
  ['indefinite', 'a.ts', "const nobody = 'somebody'; const a = `// Of a string`;", []],
  ['indefinite', 'a.ts', '// The user `nobody` of UNIX.', []],
  ['indefinite', 'a.ts', '/**\n * A sentence.\n * Of its lines this one opens nothing.\n */', []],
  ['indefinite', 'a.ts', '/**\n * Of the price, a cent.\n */', [2]],
  ['indefinite', 'a.tsx', 'const a = <p>{/* Of a page. */}</p>;', [1]],
  ['indefinite', 'a.sql', "-- Of an account.\nselect '-- nobody'; -- whoever asks", [1, 2]],
  ['question', 'a.ts', '// What is read here\n// What goes on does not open.\n\n// Who asks.', [1, 4]],
  ['question', 'a.ts', '/** Whatever, Whose, Whether. */', []],
])('%s words of %s: %j are in lines %j', (...[kind, path, text, lines]) => {
  expect(plainWordsIn(path, text, kind)).toEqual(lines);
});
