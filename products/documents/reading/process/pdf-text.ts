import { readingOrder, runsFromRight } from './reading-order.ts';

/** A piece of text as pdf.js finds it on a page. */
export interface TextPiece {
  readonly str: string;
  /** Scale and place: the last two are where it begins. */
  readonly transform: readonly number[];
  readonly width: number;
  readonly hasEOL: boolean;
}

/** A line of a page. */
export interface TextLine {
  text: string;
  /** The height of its letters, of most of them. */
  size: number;
  /** How far below the line before it, in its own height. */
  readonly drop: number;
}

/** In heights of the letters: what is a space, what a column, and what another line. */
const SPACE = 0.18;
const COLUMN = 2;
const OTHER_LINE = 0.6;
/** In lines: what sets paragraphs apart. */
const PARAGRAPH = 1.7;
/** How much larger a heading is than the text, and how long it may be. */
const LARGER = 1.15;
const LONGEST_HEADING = 160;
const LEVELS = 4;
/** Bullets, those of symbol fonts too. */
const BULLET = /^[\u2022\u25aa\u25cf\u25e6\u2023\uf0a7\uf0b7]\s*/;

interface OpenLine extends TextLine {
  y: number;
  endX: number;
  readonly pieces: TextPiece[];
}

/** The lines of a page, in the order in which the file has them. `direction` is that of most of its text. */
export function linesOf(pieces: readonly TextPiece[], direction: 'left' | 'right' = 'left'): TextLine[] {
  const lines: OpenLine[] = [];
  let line: OpenLine | undefined;
  let isOver = true;
  for (const piece of pieces) {
    const { str, transform, width, hasEOL } = piece;
    const [, , c = 0, d = 0, x = 0, y = 0] = transform;
    const size = Math.hypot(c, d);
    if (str.trim() !== '') {
      if (line === undefined || isOver || Math.abs(y - line.y) > OTHER_LINE * Math.max(size, line.size)) {
        const drop = line === undefined || size === 0 ? 0 : Math.abs(line.y - y) / size;
        line = { text: str.trimStart(), size, drop, y, endX: x + width, pieces: [piece] };
        lines.push(line);
      } else {
        line.text += separatorBefore(line, x, size) + str;
        if (str.length > line.text.length / 2) line.size = size;
        line.endX = x + width;
        line.pieces.push(piece);
      }
      isOver = false;
    }
    if (hasEOL) isOver = true;
  }
  return lines.map((one) => {
    const text = runsFromRight(one.text) ? orderedText(one, direction) : one.text;
    return { text: text.trimEnd().replace(BULLET, '- '), size: one.size, drop: one.drop };
  });
}

/** A line with letters that run from right to left: its signs from left to right, then as they are read. */
function orderedText({ pieces, size }: OpenLine, direction: 'left' | 'right'): string {
  const signs: string[] = [];
  let endX: number | undefined;
  for (const { str, transform, width } of pieces.toSorted((one, other) => xOf(one) - xOf(other))) {
    const [, , , , x = 0] = transform;
    const blank = endX === undefined ? '' : separatorBefore({ text: signs.at(-1) ?? '', endX }, x, size);
    // Annotations come in words and in their order; painted signs one by one.
    if (blank !== '') signs.push(blank);
    if (runsFromRight(str)) signs.push(str);
    else for (const sign of str) signs.push(sign);
    endX = x + width;
  }
  return readingOrder(signs, direction === 'right');
}

export const xOf = ({ transform: [, , , , x = 0] }: TextPiece) => x;

function separatorBefore(
  line: { readonly text: string; readonly endX: number },
  x: number,
  size: number,
): string {
  const gap = x - line.endX;
  if (gap > COLUMN * size) return '   ';
  return /\s$/.test(line.text) || gap < SPACE * size ? '' : ' ';
}

/** The sizes of a document's headings, the largest first: those above the size of most of its text. */
export function headingSizes(pages: readonly (readonly TextLine[])[]): number[] {
  const letters = new Map<number, number>();
  for (const line of pages.flat()) {
    const size = roundSize(line.size);
    letters.set(size, (letters.get(size) ?? 0) + line.text.length);
  }
  let body = 0;
  for (const [size, count] of letters) if (count > (letters.get(body) ?? 0)) body = size;
  if (body === 0) return [];
  return [...letters.keys()].filter((size) => size >= body * LARGER).toSorted((a, b) => b - a);
}

const roundSize = (size: number) => Math.round(size * 2) / 2;

/** The text of a page: paragraphs apart, headings as those of Markdown. */
export function pageText(lines: readonly TextLine[], sizes: readonly number[]): string {
  let text = '';
  let heading: number | undefined;
  for (const line of lines) {
    const level = levelOf(line, sizes);
    if (level !== undefined) {
      // A heading of two lines is one.
      const goesOn = heading === level && line.drop < PARAGRAPH;
      text += goesOn ? ` ${line.text}` : `${paragraphBreak(text)}${'#'.repeat(level)} ${line.text}`;
    } else if (heading !== undefined || line.drop > PARAGRAPH) text += paragraphBreak(text) + line.text;
    else text += text === '' ? line.text : `\n${line.text}`;
    heading = level;
  }
  return text;
}

const paragraphBreak = (text: string) => (text === '' ? '' : '\n\n');

function levelOf({ text, size }: TextLine, sizes: readonly number[]): number | undefined {
  const at = sizes.indexOf(roundSize(size));
  const isHeading = at >= 0 && text.length <= LONGEST_HEADING && /\p{L}/u.test(text);
  return isHeading ? Math.min(at + 1, LEVELS) : undefined;
}
