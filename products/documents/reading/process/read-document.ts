import type { ReaderTools, ReaderWorker, ZipRefusal } from 'plinth/product';
import { type ReadFailure, Unreadable } from '../failures.ts';
import type { ReadingLine, ReadingTask } from '../protocol.ts';
import type { DocumentType } from '../formats.ts';
import type { Ocr } from './ocr.ts';
import { takeMarks } from './gap-marks.ts';
import { recognize } from './recognize.ts';
import { decodeText, pagesOf } from './plain-text.ts';

type Tools = ReaderTools<ReadingLine>;

interface RecognizedFile {
  readonly type: DocumentType;
  readonly bytes: Buffer;
}

/** Reads a document as its task says, and tells what it finds. */
export const worker: ReaderWorker<ReadingTask, ReadingLine> = {
  async read(bytes, task, tools) {
    const type = recognize(bytes, task.declared);
    if (task.ocr === undefined) await readText({ type, bytes }, task, tools);
    else await readImages({ type, bytes }, { ...task, pages: task.ocr.pages }, tools);
  },
  failed: (error) => ({ kind: 'failed', ...failureOf(error) }),
};

async function readText(
  { type, bytes }: RecognizedFile,
  { caps }: ReadingTask,
  { tell, zip }: Tools,
): Promise<void> {
  const tellAll = (pages: readonly string[]): void => {
    for (const [at, marked] of pages.entries()) {
      const page = at + 1;
      const { text, gaps } = takeMarks(marked);
      tell({ kind: 'page', page, text });
      for (const gap of gaps) tell({ kind: 'gap', page, gap });
    }
    tell({ kind: 'read', pages: pages.length });
  };
  switch (type) {
    case 'pdf': {
      const { readPdf } = await import('./pdf.ts');
      return readPdf(bytes, caps, tell);
    }
    case 'docx': {
      const { readDocx } = await import('./docx.ts');
      return tellAll(await readDocx(bytes, caps, await zip(refuseArchive)));
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

const refuseArchive = (reason: ZipRefusal, detail: string) =>
  new Unreadable(reason === 'too_large' ? 'document_too_large' : 'document_damaged', detail);

async function readImages(
  { type, bytes }: RecognizedFile,
  { caps, pages }: ReadingTask & { readonly pages: readonly number[] },
  { tell }: Tools,
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
  caps: ReadingTask['caps'],
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
