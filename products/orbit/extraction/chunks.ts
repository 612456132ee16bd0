import type { Page } from './quotes.ts';

/** A stretch of one page. */
export interface Part {
  readonly page: number;
  readonly text: string;
}

/** Material of one call: stretches of pages that follow each other. */
export interface Chunk {
  /** From 1, in the order of the document. */
  readonly number: number;
  /** The heading that its beginning stands under; null where the document has none before it. */
  readonly heading: string | null;
  readonly parts: readonly Part[];
}

/**
 * The most tokens of one chunk. A model finds more in 3,000 tokens than in 30,000 of the same text, and its answer to them fits
 * into a reply.
 */
export const CHUNK_TOKENS = 3_000;
/** Bytes of UTF-8, a bound: English has some 4.5 bytes a token, Chinese and Japanese 3 and more. */
const BYTES_PER_TOKEN = 3;

/** A bound of the tokens of a text. */
export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** A line or a part of a long one: what is never cut. */
interface Piece {
  readonly page: number;
  readonly text: string;
  readonly bytes: number;
  /** How good a place its beginning is for a cut. */
  readonly cut: number;
  readonly heading: string | undefined;
}

const CUT = { anywhere: 0, sentence: 1, line: 2, paragraph: 3, page: 4, heading: 5 } as const;

/**
 * Cuts a document at headings, pages, paragraphs, lines or sentences, the best place in the second half of what fits. Every
 * character of every page is in exactly one chunk, in order; the same pages give the same chunks.
 */
export function chunksOf(pages: readonly Page[], most = CHUNK_TOKENS): Chunk[] {
  const room = most * BYTES_PER_TOKEN;
  const pieces = pages.flatMap((page) => piecesOf(page, room));
  const chunks: Chunk[] = [];
  let heading: string | null = null;
  for (let from = 0; from < pieces.length; ) {
    const to = endOf(pieces, from, room);
    const taken = pieces.slice(from, to);
    chunks.push({ number: chunks.length + 1, heading, parts: partsOf(taken) });
    heading = taken.findLast((piece) => piece.heading !== undefined)?.heading ?? heading;
    from = to;
  }
  return chunks;
}

/** Where the chunk that begins here ends: all that is left, or the best cut in the second half of the room. */
function endOf(pieces: readonly Piece[], from: number, room: number): number {
  let bytes = 0;
  let best: { readonly at: number; readonly cut: number } | undefined;
  for (let at = from; at < pieces.length; at += 1) {
    const piece = pieces[at];
    if (piece === undefined) break;
    if (at > from && bytes >= room / 2 && piece.cut >= (best?.cut ?? 0)) best = { at, cut: piece.cut };
    if (at > from && bytes + piece.bytes > room) return best?.at ?? at;
    bytes += piece.bytes;
  }
  return pieces.length;
}

function partsOf(pieces: readonly Piece[]): Part[] {
  const byPage = new Map<number, string[]>();
  for (const { page, text } of pieces) {
    const texts = byPage.get(page);
    if (texts === undefined) byPage.set(page, [text]);
    else texts.push(text);
  }
  return [...byPage].map(([page, texts]) => ({ page, text: texts.join('') }));
}

function piecesOf({ page, text }: Page, room: number): Piece[] {
  const lines = text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
  const pieces: Piece[] = [];
  let afterBlank = false;
  for (const [n, line] of lines.entries()) {
    const heading = headingIn(line, { isAlone: afterBlank || n === 0 });
    const isBlank = line.trim() === '';
    const cut =
      heading !== undefined ? CUT.heading : n === 0 ? CUT.page : afterBlank ? CUT.paragraph : CUT.line;
    for (const [m, part] of cutToFit(line, room).entries())
      pieces.push({
        page,
        text: part,
        bytes: Buffer.byteLength(part),
        cut: m > 0 ? (/[.!?…。]\s*$/u.test(pieces.at(-1)?.text ?? '') ? CUT.sentence : CUT.anywhere) : cut,
        heading: m === 0 ? heading : undefined,
      });
    afterBlank = isBlank || (afterBlank && isBlank);
  }
  return pieces;
}

const LONGEST_HEADING = 100;

/** Headings of Markdown, numbered ones, lines in capitals, and short lines that stand alone and end without a stop. */
export function headingIn(line: string, { isAlone }: { readonly isAlone: boolean }): string | undefined {
  const text = line.trim();
  if (text.length < 3 || text.length > LONGEST_HEADING) return undefined;
  const [, marked] = /^#{1,6}\s+(\S.*)$/u.exec(text) ?? [];
  if (marked !== undefined) return marked;
  if (/[.!?,;…]$/u.test(text) || !/\p{L}{3}/u.test(text)) return undefined;
  const isNumbered = /^(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,5}\.|[A-Z]\.)\s+\p{Lu}/u.test(text);
  const isShouted = text === text.toUpperCase() && /\p{Lu}{3}/u.test(text);
  const isShort = isAlone && text.length <= 60 && /^\p{Lu}[^:=$€£]*:?$/u.test(text);
  return isNumbered || isShouted || isShort ? text.replace(/:$/u, '') : undefined;
}

/** A line in parts that fit, cut after a sentence, else after a word, else anywhere but inside of a character. */
function cutToFit(line: string, room: number): string[] {
  const parts: string[] = [];
  let rest = line;
  while (Buffer.byteLength(rest) > room) {
    const fits = truncateToBytes(rest, room);
    const sentence = Math.max(
      ...['. ', '! ', '? ', '。'].map((stop) => fits.lastIndexOf(stop) + stop.length),
    );
    const word = fits.lastIndexOf(' ') + 1;
    const half = fits.length / 2;
    const at = sentence > half ? sentence : word > half ? word : fits.length;
    parts.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return rest === '' ? parts : [...parts, rest];
}

/** The longest beginning of a text that takes no more than so many bytes, one character at least. */
function truncateToBytes(text: string, room: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text.slice(0, room)) {
    bytes += Buffer.byteLength(character);
    if (bytes > room && end > 0) break;
    end += character.length;
  }
  return text.slice(0, end);
}
