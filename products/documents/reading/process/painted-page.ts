import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist/types/src/pdf.d.ts';
import type { TextPiece } from './pdf-text.ts';

/** A sign; the invisible ones are the text that OCR put on a scanned page. */
export interface PaintedSign extends TextPiece {
  readonly isInvisible: boolean;
}

/** A picture as it lies on a page: left, bottom, right, top. */
export interface PlacedPicture {
  readonly rect: readonly [number, number, number, number];
  /** The id under which pdf.js keeps it, if any. */
  readonly image: string;
}

/** Signs that a page paints, one by one. */
export interface PaintedPage {
  /** The signs that are seen or invisible, in the order of the file. */
  readonly signs: readonly PaintedSign[];
  /** The text of annotations that are seen, by their ids. */
  readonly annotations: ReadonlyMap<string, string>;
  readonly hasImage: boolean;
  /** The pictures that are seen, in the order of the file. */
  readonly pictures: readonly PlacedPicture[];
  /** Numbers of all outlines that are drawn: a letter takes some hundred. */
  readonly drawn: number;
}

export type Layers = Awaited<ReturnType<PDFDocumentProxy['getOptionalContentConfig']>>;
type Matrix = readonly [number, number, number, number, number, number];

const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];
/** ISO 32000-2, table 104: text that is neither filled nor outlined. */
const INVISIBLE = 3;

/** State that is saved and restored while a page is painted. */
interface State {
  ctm: Matrix;
  size: number;
  charSpacing: number;
  wordSpacing: number;
  scale: number;
  leading: number;
  rise: number;
  /** Whether text is neither filled nor outlined. */
  isInvisible: boolean;
}

const BEGINNING: State = {
  ctm: IDENTITY,
  size: 0,
  charSpacing: 0,
  wordSpacing: 0,
  scale: 1,
  leading: 0,
  rise: 0,
  isInvisible: false,
};

const SETTERS: Readonly<Record<string, (state: State, value: number) => void>> = {
  setFont: (state, size) => void (state.size = size),
  setLeading: (state, leading) => void (state.leading = -leading),
  setCharSpacing: (state, spacing) => void (state.charSpacing = spacing),
  setWordSpacing: (state, spacing) => void (state.wordSpacing = spacing),
  setHScale: (state, percent) => void (state.scale = percent / 100),
  setTextRise: (state, rise) => void (state.rise = rise),
  setTextRenderingMode: (state, mode) => void (state.isInvisible = mode === INVISIBLE),
};

/** Paints a page without a canvas: text with its places, and layers that are switched off left out. */
export async function paintedPage(page: PDFPageProxy, layers: Layers): Promise<PaintedPage> {
  const { OPS } = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const { fnArray, argsArray } = await page.getOperatorList();
  const names = new Map<number, string>(Object.entries(OPS).map(([name, code]) => [code, name]));
  const painter = new Painter(layers);
  for (const [at, code] of fnArray.entries()) {
    const given: unknown = argsArray[at];
    painter.paint(names.get(code) ?? '', Array.isArray(given) ? given : []);
  }
  return painter.page;
}

class Painter {
  readonly page = {
    signs: [] as PaintedSign[],
    annotations: new Map<string, string>(),
    hasImage: false,
    pictures: [] as PlacedPicture[],
    drawn: 0,
  };
  readonly #layers: Layers;
  #state: State = { ...BEGINNING };
  readonly #saved: State[] = [];
  /** Whether each stretch of marked content that is open is seen. */
  readonly #marked: boolean[] = [];
  #annotation: string | undefined;
  #text: Matrix = IDENTITY;
  #line: readonly [number, number] = [0, 0];
  #x = 0;
  /** The operation before was a `transform`. */
  #isPlaced = false;

  constructor(layers: Layers) {
    this.#layers = layers;
  }

  paint(name: string, given: readonly unknown[]): void {
    const numbers = given.filter((one) => typeof one === 'number');
    const [first = 0, second = 0] = numbers;
    if (/^paint\w*Image/.test(name)) this.#picture(name, given);
    // pdf.js leaves out an image with more pixels than it may have, and nothing is painted where it was placed.
    if (this.#isPlaced && name === 'restore') this.#place(this.#state.ctm);
    this.#isPlaced = name === 'transform';
    SETTERS[name]?.(this.#state, first);
    switch (name) {
      case 'save':
      case 'beginAnnotation':
      case 'paintFormXObjectBegin':
        return this.#save(name, given);
      case 'restore':
      case 'endAnnotation':
      case 'paintFormXObjectEnd':
        if (name === 'endAnnotation') this.#annotation = undefined;
        this.#state = this.#saved.pop() ?? this.#state;
        return;
      case 'transform':
        return this.#transform(given);
      case 'beginMarkedContent':
        return void this.#marked.push(true);
      case 'beginMarkedContentProps':
        return void this.#marked.push(given[0] !== 'OC' || this.#layers.isVisible(given[1]));
      case 'endMarkedContent':
        return void this.#marked.pop();
      case 'beginText':
        this.#text = IDENTITY;
        return this.#moveTo(0, 0);
      case 'setTextMatrix':
        this.#text = matrixOf(given[0]) ?? matrixOf(given) ?? IDENTITY;
        return this.#moveTo(0, 0);
      case 'setLeadingMoveText':
        this.#state.leading = second;
        return this.#moveBy(first, second);
      case 'moveText':
        return this.#moveBy(first, second);
      case 'nextLine':
        return this.#moveBy(0, this.#state.leading);
      case 'constructPath':
        this.page.drawn += lengthOf(given[1]);
        return;
      case 'showText':
        return this.#show(Array.isArray(given[0]) ? given[0] : []);
    }
  }

  #save(name: string, given: readonly unknown[]): void {
    this.#saved.push({ ...this.#state });
    if (name === 'beginAnnotation') this.#annotation = String(given[0]);
    if (name === 'paintFormXObjectBegin') this.#transform(given[0]);
  }

  #transform(by: unknown): void {
    const matrix = matrixOf(by);
    if (matrix !== undefined) this.#state.ctm = product(this.#state.ctm, matrix);
  }

  /** Small inline images come as a group, each with its own place. */
  #picture(name: string, given: readonly unknown[]): void {
    this.page.hasImage = true;
    if (name.endsWith('Repeat')) return;
    const parts: unknown = given.at(-1);
    if (!name.endsWith('Group')) this.#place(this.#state.ctm, String(given[0]));
    else if (Array.isArray(parts))
      for (const part of parts) this.#place(product(this.#state.ctm, transformOf(part)));
  }

  #place([a, b, c, d, e, f]: Matrix, image = ''): void {
    if (this.#annotation !== undefined || !this.#marked.every(Boolean)) return;
    const [x, y] = [Math.min(0, a) + Math.min(0, c) + e, Math.min(0, b) + Math.min(0, d) + f];
    const [width, height] = [Math.abs(a) + Math.abs(c), Math.abs(b) + Math.abs(d)];
    this.page.pictures.push({ rect: [x, y, x + width, y + height], image });
  }

  #moveTo(x: number, y: number): void {
    this.#line = [x, y];
    this.#x = x;
  }

  #moveBy(x: number, y: number): void {
    this.#moveTo(this.#line[0] + x, this.#line[1] + y);
  }

  #show(glyphs: readonly unknown[]): void {
    const { ctm, size, charSpacing, wordSpacing, scale, rise, isInvisible } = this.#state;
    const isSeen = this.#marked.every(Boolean);
    const [a, b, c, d] = product(ctm, this.#text);
    for (const glyph of glyphs) {
      if (typeof glyph === 'number') this.#x -= (glyph / 1_000) * size * scale;
      if (!isGlyph(glyph)) continue;
      const width = (glyph.width / 1_000) * size * scale;
      const [, , , , x, y] = product(product(ctm, this.#text), [1, 0, 0, 1, this.#x, this.#line[1] + rise]);
      this.#x += width + (charSpacing + (glyph.isSpace ? wordSpacing : 0)) * scale;
      if (!isSeen) continue;
      if (this.#annotation !== undefined) this.#tellAnnotation(this.#annotation, glyph.unicode);
      else
        this.page.signs.push({
          str: glyph.unicode,
          transform: [a * size, b * size, c * size, d * size, x, y],
          width: Math.abs(width) * Math.hypot(a, b),
          hasEOL: false,
          isInvisible,
        });
    }
    if (isSeen && this.#annotation !== undefined) this.#tellAnnotation(this.#annotation, ' ');
  }

  #tellAnnotation(id: string, text: string): void {
    const { annotations } = this.page;
    annotations.set(id, (annotations.get(id) ?? '') + text);
  }
}

interface Glyph {
  readonly unicode: string;
  readonly width: number;
  readonly isSpace: boolean;
}

function isGlyph(value: unknown): value is Glyph {
  return typeof value === 'object' && value !== null && 'unicode' in value && 'width' in value;
}

const transformOf = (value: unknown): Matrix =>
  (typeof value === 'object' && value !== null && 'transform' in value
    ? matrixOf(value.transform)
    : undefined) ?? IDENTITY;

/** How many numbers an outline has. */
function lengthOf(outline: unknown): number {
  const [numbers]: readonly unknown[] = Array.isArray(outline) ? outline : [];
  return numbers instanceof Float32Array ? numbers.length : 0;
}

/** pdf.js has them as arrays and as typed arrays. */
function matrixOf(value: unknown): Matrix | undefined {
  if (!Array.isArray(value) && !(value instanceof Float32Array)) return undefined;
  const [a, b, c, d, e, f]: readonly unknown[] = Array.from(value);
  const all = [a, b, c, d, e, f].filter((one) => typeof one === 'number');
  return all.length === 6 ? [Number(a), Number(b), Number(c), Number(d), Number(e), Number(f)] : undefined;
}

function product([a, b, c, d, e, f]: Matrix, [g, h, i, j, k, l]: Matrix): Matrix {
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}
