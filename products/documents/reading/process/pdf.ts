import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist/types/src/pdf.d.ts';
import { type ReadingCaps, sizedTime } from '../caps.ts';
import { Unreadable } from '../failures.ts';
import type { ReadingLine } from '../protocol.ts';
import type { Gap } from '../gaps.ts';
import { type Layers, paintedPage, type PaintedPage } from './painted-page.ts';
import { annotationsOf, type AnnotationText, withAnnotations } from './pdf-annotations.ts';
import { paperOf, unreadPictures } from './pdf-pictures.ts';
import { headingSizes, linesOf, pageText, type TextLine, type TextPiece } from './pdf-text.ts';
import { isFromRight, runsFromRight } from './reading-order.ts';

/**
 * Letters below which a page that shows an image, or outlines of as many letters, is taken for a scanned one: a stamp or a page number
 * may be text.
 */
const HARDLY_TEXT = 20;
const NUMBERS_OF_A_LETTER = 100;
/** The share of a page's letters that must have been found in their places for their order to be certain. */
const MOSTLY = 0.95;
const UNORDERED = 0.5;
/** Pixels an inch of a page that is drawn for OCR, and the most pixels of one. */
const RESOLUTION = 220;
const MOST_PIXELS = 12_000_000;
const POINTS = 72;

/** Opens a PDF; close it with `destroy`. */
export async function openPdf(bytes: Uint8Array, caps: ReadingCaps): Promise<PDFDocumentProxy> {
  const pdf = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const root = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  const folder = (name: string) => join(root, name) + sep;
  try {
    const document = await pdf.getDocument({
      data: new Uint8Array(bytes),
      cMapUrl: folder('cmaps'),
      standardFontDataUrl: folder('standard_fonts'),
      wasmUrl: folder('wasm'),
      iccUrl: folder('iccs'),
      enableXfa: false,
      useSystemFonts: false,
      disableFontFace: true,
      maxImageSize: caps.pixels,
      verbosity: 0,
    }).promise;
    if (document.numPages > caps.pages)
      throw new Unreadable('document_too_many_pages', `It has ${document.numPages} pages.`);
    return document;
  } catch (error) {
    throw toReadingError(error);
  }
}

/** Refusals of pdf.js, by the names that it documents. */
function toReadingError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'PasswordException')
    return new Unreadable('document_encrypted', 'It asks for a password.');
  const isDamaged = ['InvalidPDFException', 'FormatError', 'UnknownErrorException', 'ResponseException'];
  return isDamaged.includes(error.name)
    ? new Unreadable('document_damaged', 'It is no PDF that can be opened.')
    : error;
}

/** Reads the text of all pages, and names those that are images. */
export async function readPdf(
  bytes: Uint8Array,
  caps: ReadingCaps,
  tell: (line: ReadingLine) => void,
): Promise<void> {
  const document = await openPdf(bytes, caps);
  const layers = await document.getOptionalContentConfig();
  // Images are unpacked on the way: a book of photographs keeps half of its time for its text.
  const most = sizedTime(caps, bytes.length) / 2;
  const pages: (PageContent | undefined)[] = [];
  let characters = 0;
  for (let page = 1; page <= document.numPages; page += 1) {
    const { user, system } = process.cpuUsage();
    const looks = (user + system) / 1_000 < most;
    const read = await contentOf(document, page, { layers, looks });
    pages.push(read);
    characters += (read?.lines ?? []).reduce((sum, { text }) => sum + text.length, 0);
    if (characters > caps.characters)
      throw new Unreadable('document_too_long', `It has more than ${caps.characters} characters.`);
  }
  if (pages.every((content) => content === undefined))
    throw new Unreadable('document_damaged', 'None of its pages can be read.');
  const sizes = headingSizes(pages.flatMap((content) => (content === undefined ? [] : [content.lines])));
  const paper = paperOf(pages.map((content) => content?.pictures ?? []));
  for (const [at, content] of pages.entries()) {
    const page = at + 1;
    if (content === undefined) tell({ kind: 'unread', page });
    else if (content.isScanned) tell({ kind: 'scanned', page });
    else {
      const confidence = content.gaps.includes('text_order') ? { confidence: UNORDERED } : {};
      tell({ kind: 'page', page, text: pageText(content.lines, sizes), ...confidence });
    }
    for (const gap of content?.gaps ?? []) tell({ kind: 'gap', page, gap });
    if (content?.isScanned === false && content.pictures.some((picture) => !paper.has(picture)))
      tell({ kind: 'gap', page, gap: 'picture' });
  }
  for (const gap of await gapsBeside(document)) tell({ kind: 'gap', page: 1, gap });
  tell({ kind: 'read', pages: document.numPages });
}

/** Attached files, and a form whose fields only some programs show: its page says no more than that. */
async function gapsBeside(document: PDFDocumentProxy): Promise<readonly Gap[]> {
  const attached = await document.getAttachments().catch(() => null);
  const info: object = (await document.getMetadata().catch(() => undefined))?.info ?? {};
  const isForm = 'IsXFAPresent' in info && info.IsXFAPresent === true;
  const hasFields = 'IsAcroFormPresent' in info && info.IsAcroFormPresent === true;
  return [
    ...((attached?.size ?? 0) > 0 ? (['embedded_object'] as const) : []),
    ...(isForm && !hasFields ? (['annotation'] as const) : []),
  ];
}

interface PageContent {
  readonly lines: readonly TextLine[];
  /** Whether it is an image with hardly a letter of its own. OCR sees what was typed on it. */
  readonly isScanned: boolean;
  readonly gaps: readonly Gap[];
  readonly pictures: readonly string[];
}

const lettersIn = (pieces: readonly { readonly str: string }[]) =>
  pieces.reduce((sum, { str }) => sum + str.replace(/\s/g, '').length, 0);

/** undefined: the page is broken. `looks` is whether there is time to look for its pictures. */
async function contentOf(
  document: PDFDocumentProxy,
  number: number,
  { layers, looks }: { readonly layers: Layers; readonly looks: boolean },
): Promise<PageContent | undefined> {
  try {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    const found = items.filter((item): item is typeof item & TextPiece => 'str' in item);
    let painting: Promise<PaintedPage> | undefined;
    const paint = () => (painting ??= paintedPage(page, layers));
    const hasHidden = [...layers].some(([, layer]) => !layer.visible);
    const { texts, gaps } = await annotationsOf(page, paint, hasHidden);
    const fromRight = found.some(({ str }) => runsFromRight(str));
    const painted = hasHidden || fromRight ? (await paint()).signs : found;
    const isOrdered = hasHidden || lettersIn(painted) >= lettersIn(found) * MOSTLY;
    const upright = uprightOf(page);
    const pieces = (isOrdered ? painted : found).map(upright.piece);
    const beside = texts.map(({ lines, rect }) => ({ lines, rect: upright.rect(rect) }));
    const hasText = lettersIn(found) >= HARDLY_TEXT;
    // Found text stays, even where the painting beside it is broken.
    const shown = hasText ? await (looks ? paint().catch(undefinedUnlessFull) : undefined) : await paint();
    const pictures = shown === undefined ? [] : unreadPictures(page, shown);
    page.cleanup();
    const direction = isFromRight(found.map(({ str }) => str).join('')) ? 'right' : 'left';
    return {
      lines: linesOf(withAnnotations(pieces, beside), direction),
      isScanned:
        !hasText && (shown?.hasImage === true || (shown?.drawn ?? 0) >= HARDLY_TEXT * NUMBERS_OF_A_LETTER),
      gaps: [
        ...gaps,
        ...(isOrdered ? [] : (['text_order'] as const)),
        ...(shown === undefined ? (['pictures_unknown'] as const) : []),
      ],
      pictures,
    };
  } catch (error) {
    return undefinedUnlessFull(error);
  }
}

function undefinedUnlessFull(error: unknown): undefined {
  if (error instanceof RangeError) throw error;
}

type Rect = AnnotationText['rect'];

/** Moves what lies on a page to where it lies when the page is turned as people see it: y grows upwards. */
function uprightOf(page: PDFPageProxy) {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0]: readonly number[] = page.getViewport({
    scale: 1,
  }).transform;
  const point = (x: number, y: number) => [a * x + c * y + e, -(b * x + d * y + f)] as const;
  return {
    piece(piece: TextPiece): TextPiece {
      const [g = 0, h = 0, i = 0, j = 0, x = 0, y = 0] = piece.transform;
      return { ...piece, transform: [g, h, i, j, ...point(x, y)] };
    },
    rect([left, bottom, right, top]: Rect): Rect {
      const [[x, y], [otherX, otherY]] = [point(left, bottom), point(right, top)];
      return [Math.min(x, otherX), Math.min(y, otherY), Math.max(x, otherX), Math.max(y, otherY)];
    },
  };
}

/** A page as a PNG, for OCR. */
export async function drawnPage(document: PDFDocumentProxy, number: number): Promise<Buffer> {
  const page = await document.getPage(number);
  const viewport = page.getViewport({ scale: scaleOf(page) });
  const { createCanvas } = await import('@napi-rs/canvas');
  const canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height));
  // pdf.js draws on a browser's canvas; this one has all that it calls.
  const onto = { canvas: canvas as never, viewport, background: '#ffffff' };
  await page.render(onto).promise;
  page.cleanup();
  return canvas.encode('png');
}

function scaleOf(page: PDFPageProxy): number {
  const { width, height } = page.getViewport({ scale: 1 });
  return Math.min(RESOLUTION / POINTS, Math.sqrt(MOST_PIXELS / Math.max(1, width * height)));
}
