import { describe, expect, test } from 'vitest';
import { decodeText, isReadableText, pagesOf } from './plain-text.ts';

const caps = { pages: 100, characters: 1_000_000 };

describe('a text', () => {
  test('is read in UTF-8, in UTF-16 with its mark, and in Windows-1252', () => {
    const utf16 = Buffer.from('\uFEFFcafé €', 'utf16le');
    const swapped = Buffer.from(utf16).swap16();
    const windows = Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x20, 0x80]);
    for (const bytes of [Buffer.from('café €'), Buffer.from('\uFEFFcafé €'), utf16, swapped, windows]) {
      expect(isReadableText(bytes)).toBe(true);
      expect(decodeText(bytes)).toBe('café €');
    }
  });

  test('has its lines end in one way', () => {
    expect(decodeText(Buffer.from('a\r\nb\rc\n'))).toBe('a\nb\nc\n');
  });

  test('is none where it has the bytes of a program', () => {
    expect(isReadableText(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]))).toBe(false);
    expect(isReadableText(Buffer.from('\x01\x02\x03 hello'))).toBe(false);
  });

  test('has pages where it has form feeds, and parts of some 20,000 characters where it has none', () => {
    expect(pagesOf('one\ftwo\f', caps)).toEqual(['one', 'two']);
    const paragraphs = `${'word '.repeat(1_000).trim()}\n\n`.repeat(10);
    const parts = pagesOf(paragraphs, caps);
    expect(parts.join('')).toBe(paragraphs);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.every((part) => part.length <= 20_000)).toBe(true);
    expect(parts.slice(0, -1).every((part) => part.endsWith('\n'))).toBe(true);
  });

  test('of one line is cut all the same', () => {
    expect(pagesOf('a'.repeat(50_000), caps).map(({ length }) => length)).toEqual([20_000, 20_000, 10_000]);
  });
});
