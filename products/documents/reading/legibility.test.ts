import { expect, test } from 'vitest';
import { GARBLED, legibilityOf } from './legibility.ts';

const PROSE =
  'The shop sells tea in many towns, and each of them has its own price for what is sold there every day.';

/** As a PDF reads whose font maps each letter to one three further on. */
const shiftLetters = (text: string) =>
  text.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 94) % 26) + 97));

test('a text whose letters are others than those that were written is known by its words', () => {
  expect(legibilityOf(PROSE)).toBe(1);
  expect(legibilityOf(shiftLetters(PROSE))).toBe(GARBLED);
});

test('so is one of signs that nobody writes with', () => {
  expect(legibilityOf('\uE001\uE002\uE003 \uE004\uE005 total \uE006\uE007')).toBe(GARBLED);
  expect(legibilityOf('\uFFFD\uFFFD\uFFFD 500')).toBe(GARBLED);
  expect(legibilityOf('(cid:12)(cid:40)(cid:3) EUR')).toBe(GARBLED);
});

test.each([
  ['', 'nothing'],
  ['| EUR | 1,500 |\n| --- | --- |\n| VAT | 20 % |', 'a table'],
  [
    'Cena zboží je stanovena do čtvrtka a platba proběhne po třech týdnech; první část smlouvy trvá dvanáct měsíců, potom vrchní soud v Brně rozhodne znovu.',
    'Czech',
  ],
  ['店舗は毎日お茶を売ります。価格は五百円です。', 'Japanese'],
  ['const html = http.get(url); npm run ssh ftp', 'code'],
])('%j is not garbled: %s', (text) => expect(legibilityOf(text)).toBe(1));
