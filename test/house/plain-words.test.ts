import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Kind, plainWordCounts, plainWordObjections, plainWordsIn } from './plain-words.ts';

const counts = z.record(z.string(), z.int().positive());
const listed = z
  .strictObject({ indefinite: counts, question: counts })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'plain-words.json'), 'utf8')));

test('comments without a subject that acts are those of the list, which only shrinks', () => {
  const found = plainWordCounts();
  expect(plainWordObjections(found.indefinite, listed.indefinite)).toEqual([]);
  expect(plainWordObjections(found.question, listed.question)).toEqual([]);
});

test('more lines than listed are an objection, and so are fewer', () => {
  expect(plainWordObjections({ sdk: 2, test: 1 }, { sdk: 1, test: 1, create: 3 })).toEqual([
    'sdk: 2 lines, 1 are listed. Name who acts in the comments that you wrote.',
    'create: 0 lines. Lower its entry in test/house/plain-words.json, which is 3.',
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
