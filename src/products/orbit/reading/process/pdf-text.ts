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

/** The lines of a page, in the order in which the file has them. */
export function linesOf(pieces: readonly TextPiece[]): TextLine[] {
  const lines: TextLine[] = [];
  let line: (TextLine & { y: number; endX: number }) | undefined;
  let isOver = true;
  for (const { str, transform, width, hasEOL } of pieces) {
    const [, , c = 0, d = 0, x = 0, y = 0] = transform;
    const size = Math.hypot(c, d);
    if (str.trim() !== '') {
      if (line === undefined || isOver || Math.abs(y - line.y) > OTHER_LINE * Math.max(size, line.size)) {
        const drop = line === undefined || size === 0 ? 0 : Math.abs(line.y - y) / size;
        line = { text: str.trimStart(), size, drop, y, endX: x + width };
        lines.push(line);
      } else {
        line.text += separatorBefore(line, x, size) + str;
        if (str.length > line.text.length / 2) line.size = size;
        line.endX = x + width;
      }
      isOver = false;
    }
    if (hasEOL) isOver = true;
  }
  return lines.map(({ text, size, drop }) => ({ text: text.trimEnd().replace(BULLET, '- '), size, drop }));
}

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
