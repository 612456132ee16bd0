import { describe, expect, test } from 'vitest';
import { fitText } from '../document/text.ts';
import { Coverage } from './scripts.ts';

const inPdf = (text: string) => {
  const coverage = new Coverage(['Inter', 'Chinese']);
  return {
    text: coverage
      .stretches(text)
      .map((one) => one.text)
      .join(''),
    missing: coverage.missing,
  };
};

describe('a character that no font has', () => {
  test.each([
    ['a ligature, copied out of a PDF', 'de\uFB01ne the o\uFB03ce', 'define the office'],
    ['letters and digits of formulas', '\u{1D400}\u{1D41B}\u{1D7D0}', 'Ab2'],
  ])('is the plain ones that say the same: %s', (_, written, shown) => {
    expect(inPdf(written)).toEqual({ text: shown, missing: [] });
  });

  test('is named where plain ones would say something else', () => {
    expect(inPdf('200 \u33A1').text).toBe('200 [Symbols]');
  });

  test.each([
    ['a family', '👨\u200D👩\u200D👧', 3],
    ['a flag of two letters', '🇵🇱', 2],
    ['a flag with letters in it', '🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}', 1],
    ['a skin', '👍🏽', 2],
    ['a heart with a variant', '❤\uFE0F', 0],
  ])('is a picture once: %s', (_, written, characters) => {
    const { text, missing } = inPdf(`So: ${written}.`);
    expect(text.replace('❤', '[Emoji]')).toBe('So: [Emoji].');
    expect(missing).toEqual(characters === 0 ? [] : [{ what: 'script', name: 'Emoji', characters }]);
  });

  test('is counted and kept where another program has fonts of its own', () => {
    const coverage = new Coverage(['Inter']);
    coverage.note('de\uFB01ne 한국');
    expect(coverage.missing).toEqual([
      { what: 'script', name: 'Latin', characters: 1 },
      { what: 'script', name: 'Hangul', characters: 2 },
    ]);
  });
});

test('a letter and its accent are one character, and a soft hyphen is none', () => {
  expect(fitText('Z\u030Cofia Dvor\u030Ca\u0301kova\u0301, pro\u00ADgramme')).toBe(
    'Žofia Dvořáková, programme',
  );
});
