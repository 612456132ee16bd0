import { expect, test } from 'vitest';
import { readTranslations } from './translations.ts';
import { readMeanings } from './vectors.ts';

const meanings = readMeanings();
const { languages, telling, languageOf, translated } = readTranslations();
function meaningOf(text: string) {
  const words = text.split(' ').map((word) => meanings.read(word));
  const { clusters, vector } = meanings.meant(words, words);
  return { clusters, vector: vector.slice() };
}
const nearness = (one: string, other: string) => {
  const { vector } = meaningOf(other);
  return meaningOf(one).vector.reduce((sum, value, at) => sum + value * (vector[at] ?? 0), 0);
};

const inEnglish = (language: string, word: string) => translated(word, languages.indexOf(language));

test('a text means the same in four languages', () => {
  const english = 'she bought bread and milk in the village';
  for (const same of [
    'sie hat im dorf brot und milch gekauft',
    'ella compro pan y leche en el pueblo',
    'elle a achete du pain et du lait au village',
  ]) {
    expect(nearness(english, same)).toBeGreaterThan(0.7);
    expect(nearness('the rope hangs from the bridge', same)).toBeLessThan(0.5);
  }
});

test('a language is told by its small words', () => {
  for (const [language, text] of [
    ['en', 'what did they do with it'],
    ['de', 'was habt ihr nur mit dem hund gemacht'],
    ['es', 'que hicieron con el perro'],
    ['fr', 'mais pourquoi est ce que tu fais ca'],
  ] as const)
    expect(languages[languageOf(text.split(' ').map((word) => ({ tells: telling(word) })))]).toBe(language);
});

test('words are known by their beginning, with an ending, and in parts', () => {
  expect(inEnglish('de', 'nachbarin')).toEqual(['neighbor']);
  expect(inEnglish('de', 'gartenzaun')).toEqual(['fence']);
  expect(inEnglish('fr', 'lhopital')).toEqual(['hospital']);
  expect(inEnglish('es', 'escucharte')).toEqual(inEnglish('es', 'escuchar'));
  expect(inEnglish('en', 'wifes')).toEqual(['wife']);
  expect(inEnglish('de', 'xyzzy')).toEqual([]);
});

test('a text without a known word means nothing', () => {
  const nothing = meaningOf('xyzzy qwrtzp');
  expect(nothing.clusters).toHaveLength(0);
  expect(Math.max(...nothing.vector)).toBe(0);
});
