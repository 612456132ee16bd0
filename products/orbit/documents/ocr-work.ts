import { commitPoint, completeJob, failJob, type JobFailure, type RunningJob } from 'plinth/product';
import { DOCUMENT_TYPES, type PageLine } from '@plinth/documents';
import type { DocumentRow, MissingPage } from './document.ts';
import { complete, fail, keyOf, type ReadingParts } from './reading-work.ts';
import { countOcr, hasText, insertPages, readDocument } from './store.ts';
import { signals } from './views.ts';

const PAGE = commitPoint('orbit.document-page', 'the text of a page that OCR has read');
const DONE = commitPoint(
  'orbit.document-ocr',
  'the end of a document that OCR has read, its job and its pages charged',
);

/** Others are read after so many, some 30 s; beginning anew takes one. */
const PAGES_A_TURN = 10;

/**
 * The worker's part: reads the pages that are images, each stored as soon as it is read. A worker that goes on after another reads what is
 * left; the pages were charged when they were handed to the job, and are given back where OCR read none.
 */
export async function readByOcr(parts: ReadingParts, job: RunningJob): Promise<void> {
  const { db, reader, blobs } = parts;
  const key = keyOf(job);
  const [[document]] = await db.tenant(key.accountId, [readDocument(key)]);
  if (document?.status !== 'processing' || document.blob_id === null) return;
  const blobId = document.blob_id;
  if (document.ocr_left.length === 0) return finishDocument(parts, job, document);
  const end = await reader.read({
    declared: DOCUMENT_TYPES[document.type],
    bytes: document.bytes,
    ocrPages: document.ocr_left.slice(0, PAGES_A_TURN),
    open: () => blobs.open(key.accountId, blobId),
    signal: job.signal,
    take: (line) => takePage(parts, { job, document, line }),
  });
  if (end.kind === 'failed' && end.code === 'document_reading_failed') throw new Error(end.detail);
  if (end.kind === 'read' && document.ocr_left.length > PAGES_A_TURN)
    throw Object.assign(new Error('the next pages wait for their turn'), { yields: true });
  await finishDocument(parts, job, document);
}

async function takePage(
  { db }: ReadingParts,
  {
    job,
    document,
    line,
  }: { readonly job: RunningJob; readonly document: DocumentRow; readonly line: PageLine },
): Promise<void> {
  const key = keyOf(job);
  // A hostile file may have the reader name pages that were not asked for.
  if (!document.ocr_left.includes(line.page)) return;
  const missing: MissingPage[] = line.kind === 'page' ? [] : [{ page: line.page, reason: 'ocr_failed' }];
  const pages =
    line.kind === 'page' ? [{ page: line.page, text: line.text, confidence: line.confidence }] : [];
  await db.tenant(key.accountId, PAGE, async (tx) => {
    await tx.run(insertPages(key, pages, true));
    const [row] = await tx.run(countOcr(key, { page: line.page, missing }));
    const total = document.ocr_pages + document.ocr_left.length;
    if (row !== undefined) await tx.run(job.progressing(Math.min(total, document.ocr_pages + 1), total));
  });
  signals.moved(db, key.id);
}

/** Its end, with what was read: pages that OCR was still to read are named, and a document without any text has failed. */
async function finishDocument(parts: ReadingParts, job: RunningJob, before: DocumentRow): Promise<void> {
  const key = keyOf(job);
  const [[document], [text]] = await parts.db.tenant(key.accountId, [readDocument(key), hasText(key)]);
  if (document?.status !== 'processing') return;
  const missing = document.ocr_left.map((page): MissingPage => ({ page, reason: 'ocr_failed' }));
  if (document.ocr_pages === 0 && text?.text !== true && before.ocr_left.length > 0) {
    const failure = { code: 'document_damaged', detail: 'None of its images can be read.' } as const;
    return fail(parts, { job, failure, ending: failJob(job, failure) });
  }
  const ending = document.ocr_pages === 0 ? failJob(job, { code: 'document_damaged' }) : completeJob(job);
  await complete(parts, { job, before: [], more: { pages: null, missing }, point: DONE, ending });
}

/** The last try failed: what is there stays. */
export async function giveUpOcr(parts: ReadingParts, job: RunningJob, { code }: JobFailure): Promise<void> {
  const key = keyOf(job);
  const [[document], [text]] = await parts.db.tenant(key.accountId, [readDocument(key), hasText(key)]);
  if (document?.status !== 'processing') return;
  if (text?.text === true) return finishDocument(parts, job, document);
  await fail(parts, {
    job,
    failure: { code: 'document_reading_failed', detail: code },
    ending: failJob(job, { code }),
  });
}
