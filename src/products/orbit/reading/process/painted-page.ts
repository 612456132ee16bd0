import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist/types/src/pdf.d.ts';
import type { TextPiece } from './pdf-text.ts';

/** What a page paints, sign by sign. */
export interface PaintedPage {
  /** The signs that are seen, in the order of the file. */
  readonly signs: readonly TextPiece[];
  /** The text of annotations that are seen, by their ids. */
  readonly annotations: ReadonlyMap<string, string>;
  readonly hasImage: boolean;
}

export type Layers = Awaited<ReturnType<PDFDocumentProxy['getOptionalContentConfig']>>;
type Matrix = readonly [number, number, number, number, number, number];

const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];

/** What is saved and restored while a page is painted. */
interface State {
  ctm: Matrix;
  size: number;
  charSpacing: number;
  wordSpacing: number;
  scale: number;
  leading: number;
  rise: number;
}

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
  readonly page = { signs: [] as TextPiece[], annotations: new Map<string, string>(), hasImage: false };
  readonly #layers: Layers;
  #state: State = { ctm: IDENTITY, size: 0, charSpacing: 0, wordSpacing: 0, scale: 1, leading: 0, rise: 0 };
  readonly #saved: State[] = [];
  /** Whether each stretch of marked content that is open is seen. */
  readonly #marked: boolean[] = [];
  #annotation: string | undefined;
  #text: Matrix = IDENTITY;
  #line: readonly [number, number] = [0, 0];
  #x = 0;

  constructor(layers: Layers) {
    this.#layers = layers;
  }

  paint(name: string, given: readonly unknown[]): void {
    const numbers = given.filter((one) => typeof one === 'number');
    const [first = 0, second = 0] = numbers;
    if (/^paint\w*Image/.test(name)) this.page.hasImage = true;
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
      case 'setFont':
        this.#state.size = first;
        return;
      case 'setLeading':
        this.#state.leading = -first;
        return;
      case 'setCharSpacing':
        this.#state.charSpacing = first;
        return;
      case 'setWordSpacing':
        this.#state.wordSpacing = first;
        return;
      case 'setHScale':
        this.#state.scale = first / 100;
        return;
      case 'setTextRise':
        this.#state.rise = first;
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

  #moveTo(x: number, y: number): void {
    this.#line = [x, y];
    this.#x = x;
  }

  #moveBy(x: number, y: number): void {
    this.#moveTo(this.#line[0] + x, this.#line[1] + y);
  }

  #show(glyphs: readonly unknown[]): void {
    const { ctm, size, charSpacing, wordSpacing, scale, rise } = this.#state;
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
