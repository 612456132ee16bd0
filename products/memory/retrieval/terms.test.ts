import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { turnsOf } from '../testing/turns.ts';
import { readQuestion } from './question.ts';
import { termsOf, termsOfLong } from './terms.ts';

const now = new Date('2024-06-01T00:00:00Z');
const termsIn = (asked: string) => readQuestion(asked, { speakers: [], now, near: () => [] }).terms;

/** Whether of each word of a question a term stands in a text. */
const finds = (asked: string, text: string) => {
  const terms = termsOf(text);
  const { words } = readQuestion(asked, { speakers: [], now, near: () => [] });
  const found = new Set([...words].filter(([term]) => terms.has(term)).map(([, { word }]) => word));
  return words.size > 0 && [...words.values()].every(({ word }) => found.has(word));
};

describe('a text is found by', () => {
  test.each([
    ['went to the dentists', 'I go to the dentist'],
    ['who taught the children', 'teaching a child'],
    ['user id', 'const x = parseUserId(row)'],
    ['parseUserId', 'call parse_user_id first'],
    ['HTTP server', 'class HTTPServer2'],
    ['rm -rf', 'never run rm -rf build/cache'],
    ['C++', 'the driver is C++ code'],
    ['C# or F#', 'C# here and F# there'],
    ['.NET', 'it needs .NET 8'],
    ['src/app/main.ts', 'look at src/app/main.ts, please'],
    ['main.ts', 'look at src/app/main.ts, please'],
    ['app', 'look at src\\app\\main.ts, please'],
    ['--no-verify', 'git commit --no-verify'],
    ['12,000', '12,000 rows'],
    ['2.3.1', 'since 2.3.1 it works'],
    ['email', 'an e-mail came'],
    ['café', 'in the cafe'],
    ['die Häuser', 'das ist ein Haus und das ist gut'],
    ['los caminos', 'el camino es largo y no es para mí'],
    ['les chevaux', 'le cheval est dans la cour et il ne veut pas'],
    ['数据库', '我们的数据库很慢'],
    ['データ', 'このデータは大きい'],
    ['用户id', '检查用户id'],
    ["what is Ilse's", 'Ilse'],
    ['Müllers Straße', 'Müllers Strasse'],
  ])('%s: %s', (asked, text) => expect(finds(asked, text)).toBe(true));

  test.each([
    ['user', 'usage'],
    ['Ines', 'it is in'],
    ['C++', 'C is a letter'],
    ['-rf', 'rf'],
  ])('not by %s: %s', (asked, text) => expect(finds(asked, text)).toBe(false));

  test('its own words, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (text) => {
        const terms = termsOf(text);
        const other = termsOf(`${text}\n${text}`);
        expect([...other.keys()].toSorted()).toEqual([...terms.keys()].toSorted());
        for (const [term, count] of terms) {
          expect(term).not.toBe('');
          expect(other.get(term)).toBe(2 * count);
        }
      }),
    );
  });
});

describe('a long text', () => {
  const spaced = Array.from({ length: 3_000 }, (_, n) => `the heron${n} waits, a/b${n}.ts`).join(' ');
  const unspaced = String.fromCodePoint(...Array.from({ length: 12_000 }, (_, n) => 0x4e00 + n));

  test.each([spaced, unspaced])('is found by all that it would be in one piece', async (text) => {
    const terms = termsOf(text);
    expect(terms.size).toBeGreaterThan(9_000);
    expect([...(await termsOfLong(text)).keys()].toSorted()).toEqual([...terms.keys()].toSorted());
  });

  test('is read to its 20,000th different term, while others go on', async () => {
    const text = Array.from({ length: 300_000 }, (_, n) =>
      String.fromCodePoint(0x4e00 + (n % 20_000), 0x4e00 + (n % 19_001)),
    ).join('');
    let terms = 0;
    const turns = await turnsOf(async () => void (terms = (await termsOfLong(text)).size));
    expect(terms).toBe(20_000);
    expect(turns).toBeGreaterThanOrEqual(2);
    expect(await turnsOf(() => termsOfLong(spaced))).toBeGreaterThanOrEqual(2);
  });
});

test('a term says how often it stands', () => {
  expect(termsOf('a cat, two cats and the Cat').get('cat')).toBe(3);
});

test('a question is looked up without stop words, and by them where there is nothing else', () => {
  expect(termsIn('What did they do about the kiln?')).toEqual(['kiln']);
  expect(termsIn('to be or not to be')).toEqual(['to', 'be', 'or', 'not']);
});

test('time and terms stay bounded, whatever is asked', () => {
  const words = Array.from({ length: 100_000 }, (_, index) => `word${index}`).join(' ');
  expect(termsIn(words).length).toBeLessThanOrEqual(48);
  expect([...termsOf('a'.repeat(1_000_000)).keys()]).toEqual(['a'.repeat(64)]);
  expect(termsOf('/.-'.repeat(300_000)).size).toBe(0);
  expect(termsIn('')).toEqual([]);
  expect(termsIn('( | & ! : * <->')).toEqual([]);
});
