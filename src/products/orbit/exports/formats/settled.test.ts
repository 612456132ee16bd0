import { crc32 } from 'node:zlib';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { settled } from './settled.ts';

const INSTANT = '2026-11-20T08:00:00.000Z';
const core = (year: number) =>
  `<cp:x><dcterms:created a="b">${year}-01-01T00:00:00.123Z</dcterms:created><dcterms:modified>${year}-01-01T00:00:00Z</dcterms:modified></cp:x>`;

/** A file as it is made in a year: parts that are compressed, one that is not, and its properties between them. */
const madeIn = (year: number) =>
  zipSync(
    {
      'word/document.xml': strToU8('<w:p>text</w:p>'.repeat(100)),
      'word/žluť.xml': [strToU8('as it is'), { level: 0 }],
      'docProps/core.xml': strToU8(core(year)),
      'word/fonts/font1.odttf': Uint8Array.from({ length: 5_000 }, (_, n) => (n * n) % 251),
    },
    { mtime: `${year}-06-15T10:00:00Z` },
  );

/** The sums that the heads of entries say, beside those of what is in them. */
function sumsOf(file: Uint8Array) {
  const zip = Buffer.from(file);
  const contents = unzipSync(file);
  const said: number[] = [];
  let at = zip.readUInt32LE(zip.length - 6);
  while (zip.readUInt32LE(at) === 0x02_01_4b_50) {
    said.push(zip.readUInt32LE(at + 16), zip.readUInt32LE(zip.readUInt32LE(at + 42) + 14));
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return { said, are: Object.values(contents).flatMap((bytes) => [crc32(bytes), crc32(bytes)]) };
}

test('a file says nothing of when it was made: one of another year has the same bytes', () => {
  const [one, other] = [settled(madeIn(2026), INSTANT), settled(madeIn(2027), INSTANT)];
  expect(Buffer.compare(one, other)).toBe(0);
});

test('its parts are what they were, its properties have the instant, and each entry has the sum of its bytes', () => {
  const file = settled(madeIn(2026), INSTANT);
  const { 'docProps/core.xml': dated = new Uint8Array(), ...parts } = unzipSync(file);
  const { 'docProps/core.xml': _, ...before } = unzipSync(madeIn(2026));
  expect(parts).toEqual(before);
  const properties = strFromU8(dated);
  expect(properties.match(/2026-11-20T08:00:00Z/g)).toHaveLength(2);
  expect(properties).not.toContain('2026-01-01');
  const { said, are } = sumsOf(file);
  expect(said).toHaveLength(8);
  expect(said).toEqual(are);
});
