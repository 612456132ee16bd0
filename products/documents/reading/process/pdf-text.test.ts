import { describe, expect, test } from 'vitest';
import { headingSizes, linesOf, pageText, type TextPiece } from './pdf-text.ts';

/** A piece of so many points at a place of a page. */
const pieceAt = (x: number, y: number, said: string | readonly [string, number]): TextPiece => {
  const [str, size] = typeof said === 'string' ? [said, 10] : said;
  return {
    str,
    transform: [size, 0, 0, size, x, y],
    width: str.length * size * 0.5,
    hasEOL: false,
  };
};

const textOf = (pieces: readonly TextPiece[]) => {
  const lines = linesOf(pieces);
  return pageText(lines, headingSizes([lines]));
};

describe('the text of a page', () => {
  test('has a space where pieces stand apart, a gap between columns, and none within a word', () => {
    expect(
      textOf([
        pieceAt(0, 700, 'Net'),
        pieceAt(18, 700, '30'),
        pieceAt(200, 700, 'EUR'),
        pieceAt(215, 700, 'O'),
      ]),
    ).toBe('Net 30   EURO');
  });

  test('has paragraphs where lines stand further apart', () => {
    expect(textOf([pieceAt(0, 700, 'one'), pieceAt(0, 688, 'two'), pieceAt(0, 650, 'three')])).toBe(
      'one\ntwo\n\nthree',
    );
  });

  test('has headings by their size: of two lines one, and none of numbers alone', () => {
    const body = 'A sentence of the text that the document has most of.';
    const pieces = [
      pieceAt(0, 800, ['A long', 20]),
      pieceAt(0, 776, ['title', 20]),
      pieceAt(0, 700, body),
      pieceAt(0, 660, ['Scope', 14]),
      pieceAt(0, 640, body),
      pieceAt(0, 600, ['240', 20]),
    ];
    expect(textOf(pieces)).toBe(`# A long title\n\n${body}\n\n## Scope\n\n${body}\n\n240`);
  });

  test('has the marks of lists as hyphens', () => {
    expect(textOf([pieceAt(0, 700, '\uf0b7 One'), pieceAt(0, 688, '• Two')])).toBe('- One\n- Two');
  });
});
