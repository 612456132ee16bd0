import { writeSync } from 'node:fs';
import { NOT_LOADED, type ReadFailure, Unreadable } from '../failures.ts';
import type { ReadingLine, ReadingOrder } from '../protocol.ts';
import type { DocumentType } from '../formats.ts';
import type { Ocr } from './ocr.ts';
import { recognize } from './recognize.ts';
import { decodeText, pagesOf } from './plain-text.ts';

/** Where answers go: libraries write to the standard output whatever they like. */
const ANSWERS = 3;
/** How the process ends when not all of the file came. */
const BROKEN_OFF = 3;

/** Reads the document on the standard input as the order says, and tells what it finds. Never throws. */
export async function readDocument(order: ReadingOrder): Promise<void> {
  try {
    const bytes = await allOf(process.stdin);
    if (bytes.length !== order.bytes) process.exit(BROKEN_OFF);
    const type = recognize(bytes, order.declared);
    if (order.ocr === undefined) await readText(type, bytes, order);
    else await readImages(type, bytes, { ...order, pages: order.ocr.pages });
  } catch (error) {
    if (isOfLoading(error)) process.exit(NOT_LOADED);
    tell({ kind: 'failed', ...failureOf(error) });
  }
}

function tell(line: ReadingLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(ANSWERS, bytes, at);
}

async function allOf(input: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function readText(type: DocumentType, bytes: Buffer, { caps }: ReadingOrder): Promise<void> {
  switch (type) {
    case 'pdf': {
      const { readPdf } = await import('./pdf.ts');
      return readPdf(bytes, caps, tell);
    }
    case 'docx': {
      const { readDocx } = await import('./docx.ts');
      return tellAll(await readDocx(bytes, caps));
    }
    case 'html': {
      const { htmlToMarkdown } = await import('./html.ts');
      return tellAll(pagesOf(htmlToMarkdown(decodeText(bytes)), caps));
    }
    case 'markdown':
    case 'text':
      return tellAll(pagesOf(decodeText(bytes), caps));
    case 'png':
    case 'jpeg': {
      const { assertImage } = await import('./image.ts');
      assertImage(bytes, caps);
      tell({ kind: 'scanned', page: 1 });
      return tell({ kind: 'read', pages: 1 });
    }
  }
}

function tellAll(pages: readonly string[]): void {
  for (const [at, text] of pages.entries()) tell({ kind: 'page', page: at + 1, text });
  tell({ kind: 'read', pages: pages.length });
}

async function readImages(
  type: DocumentType,
  bytes: Buffer,
  { caps, pages }: ReadingOrder & { readonly pages: readonly number[] },
): Promise<void> {
  const { startOcr } = await import('./ocr.ts');
  const draw = await openRenderer(type, bytes, caps);
  const ocr = await startOcr();
  for (const page of pages) tell(await readImage(page, async () => ocr.read(await draw(page))));
  tell({ kind: 'read', pages: pages.length });
}

async function openRenderer(
  type: DocumentType,
  bytes: Buffer,
  caps: ReadingOrder['caps'],
): Promise<(page: number) => Promise<Buffer>> {
  if (type === 'pdf') {
    const { drawnPage, openPdf } = await import('./pdf.ts');
    const document = await openPdf(bytes, caps);
    return (page) => drawnPage(document, page);
  }
  const { assertImage, preparedImage } = await import('./image.ts');
  assertImage(bytes, caps);
  return () => preparedImage(bytes);
}

/** A page that can't be drawn is named, and the others are read. */
async function readImage(page: number, read: () => ReturnType<Ocr['read']>): Promise<ReadingLine> {
  try {
    return { kind: 'page', page, ...(await read()) };
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return { kind: 'unread', page };
  }
}

/** Packages are loaded when they are needed: one that is not there, or may not be read, says nothing of the document. */
function isOfLoading(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(?:ERR_ACCESS_DENIED|ERR_DLOPEN_FAILED|(?:ERR_)?MODULE_NOT_FOUND)$/.test(code);
}

/** Texts of libraries are not told: they may hold some of the document. */
function failureOf(error: unknown): ReadFailure {
  if (error instanceof Unreadable) return { code: error.code, detail: error.message };
  if (error instanceof RangeError) {
    const isDeep = /call stack/i.test(error.message);
    return isDeep
      ? { code: 'document_damaged', detail: 'It is nested too deeply.' }
      : { code: 'document_took_too_much_memory', detail: 'There was no memory for what it holds.' };
  }
  return {
    code: 'document_damaged',
    detail: `Reading it ended with ${error instanceof Error ? error.name : 'an error'}.`,
  };
}
