import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist/types/src/pdf.d.ts';
import type { ReadingCaps } from '../caps.ts';
import { Unreadable } from '../failures.ts';
import type { ReadingLine } from '../protocol.ts';
import { headingSizes, linesOf, pageText, type TextLine, type TextPiece } from './pdf-text.ts';

/** Letters below which a page that shows an image is taken for a scanned one: a stamp or a page number may be text. */
const HARDLY_TEXT = 20;
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

/** What pdf.js refuses a file with, by the names that it documents. */
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
  const pages: (readonly TextLine[] | undefined)[] = [];
  let characters = 0;
  for (let page = 1; page <= document.numPages; page += 1) {
    const read = await textOf(document, page);
    pages.push(read);
    characters += (read ?? []).reduce((sum, { text }) => sum + text.length, 0);
    if (characters > caps.characters)
      throw new Unreadable('document_too_long', `It has more than ${caps.characters} characters.`);
  }
  if (pages.every((lines) => lines === undefined))
    throw new Unreadable('document_damaged', 'None of its pages can be read.');
  const sizes = headingSizes(pages.flatMap((lines) => (lines === undefined ? [] : [lines])));
  for (const [at, lines] of pages.entries()) {
    const page = at + 1;
    if (lines === undefined) tell({ kind: 'unread', page });
    else if (isBare(lines) && (await showsImage(document, page))) tell({ kind: 'scanned', page });
    else tell({ kind: 'page', page, text: pageText(lines, sizes) });
  }
  tell({ kind: 'read', pages: document.numPages });
}

const isBare = (lines: readonly TextLine[]) =>
  lines.reduce((sum, { text }) => sum + text.replace(/\s/g, '').length, 0) < HARDLY_TEXT;

/** undefined: the page is broken. */
async function textOf(document: PDFDocumentProxy, number: number): Promise<TextLine[] | undefined> {
  try {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    page.cleanup();
    return linesOf(items.filter((item): item is typeof item & TextPiece => 'str' in item));
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return undefined;
  }
}

/** Whether a page paints an image of any size. */
async function showsImage(document: PDFDocumentProxy, number: number): Promise<boolean> {
  const { OPS } = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const painting: ReadonlySet<number> = new Set([
    OPS.paintImageXObject,
    OPS.paintInlineImageXObject,
    OPS.paintImageMaskXObject,
    OPS.paintImageXObjectRepeat,
  ]);
  const page = await document.getPage(number);
  const { fnArray } = await page.getOperatorList();
  page.cleanup();
  return fnArray.some((operation) => painting.has(operation));
}

/** A page as a PNG, for OCR. */
export async function drawnPage(document: PDFDocumentProxy, number: number): Promise<Buffer> {
  const page = await document.getPage(number);
  const viewport = page.getViewport({ scale: scaleOf(page) });
  const { createCanvas } = await import('@napi-rs/canvas');
  const canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height));
  // What pdf.js draws on is the browser's; this canvas has all that it calls.
  const onto = { canvas: canvas as never, viewport, background: '#ffffff' };
  await page.render(onto).promise;
  page.cleanup();
  return canvas.encode('png');
}

function scaleOf(page: PDFPageProxy): number {
  const { width, height } = page.getViewport({ scale: 1 });
  return Math.min(RESOLUTION / POINTS, Math.sqrt(MOST_PIXELS / Math.max(1, width * height)));
}
