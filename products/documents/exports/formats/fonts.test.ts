import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { charactersIn, FONTS, optionalFile, withoutRepeats } from './fonts.ts';

/** The lookups of each feature of a font's GPOS table. */
function lookupsOf(font: Buffer): number[][] {
  const record = Array.from({ length: font.readUInt16BE(4) }, (_, n) => 12 + n * 16).find(
    (at) => font.toString('latin1', at, at + 4) === 'GPOS',
  );
  const table = font.readUInt32BE((record ?? 0) + 8);
  const features = table + font.readUInt16BE(table + 6);
  return Array.from({ length: font.readUInt16BE(features) }, (_, n) => {
    const feature = features + font.readUInt16BE(features + 6 + n * 6);
    return Array.from({ length: font.readUInt16BE(feature + 2) }, (__, at) =>
      font.readUInt16BE(feature + 4 + at * 2),
    );
  });
}

const isOnce = (lookups: readonly number[]) => new Set(lookups).size === lookups.length;

test.each(Object.entries(FONTS.Inter))('Inter in %s kerns each pair of letters once', (_, path) => {
  const file = readFileSync(path);
  const mended = withoutRepeats(file);
  // When the font is mended one day, this code can go.
  expect(lookupsOf(file).every(isOnce)).toBe(false);
  expect(lookupsOf(mended).every(isOnce)).toBe(true);
  expect(lookupsOf(mended).map((lookups) => new Set(lookups))).toEqual(
    lookupsOf(file).map((lookups) => new Set(lookups)),
  );
  expect(charactersIn(mended)).toEqual(charactersIn(file));
});

test('a font whose package is not installed is none, and ends nothing', () => {
  expect(optionalFile('@expo-google-fonts/no-such-font/none.ttf')).toBeUndefined();
});
