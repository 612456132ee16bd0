import {
  commitPoint,
  type JobFailure,
  type JobId,
  type Permit,
  type ProductContext,
  type RunningJob,
  type Scanner,
  type Statement,
  type Transaction,
  type UserId,
} from 'plinth/product';
import {
  DOCUMENT_TYPES,
  type Reader,
  type ReadFailure,
  READING_CAPS,
  type ReadingEnd,
} from '@plinth/documents';
import type { DocumentRow, MissingPage, PageRow } from './document.ts';
import { ocrPermit } from './ocr-permit.ts';
import { recordDocumentIn, type RecordingParts, uploaderOf } from './record-document.ts';
import {
  completeDocument,
  type DocumentKey,
  failDocument,
  handToOcr,
  insertPages,
  startReading,
} from './store.ts';
import { signals } from './views.ts';

const START = commitPoint('orbit.reading', 'a document marked as being read');
const READ = commitPoint(
  'orbit.document-read',
  'the text of a document; its end, or the job of OCR that goes on',
);
const FAIL = commitPoint('orbit.document-failed', 'why a document could not be read, and the end of the job');

export interface ReadingParts extends ProductContext, RecordingParts {
  readonly reader: Reader;
  /** undefined: files are not scanned. */
  readonly scanner: Scanner | undefined;
}

/** Result of one look at a document. */
interface ReadingResult {
  readonly pages: Omit<PageRow, 'by_ocr'>[];
  readonly scanned: number[];
  readonly missing: MissingPage[];
}

export const keyOf = ({ accountId, payload }: Pick<RunningJob, 'accountId' | 'payload'>): DocumentKey => ({
  accountId,
  id: payload['document_id'] ?? '',
});

/**
 * The worker's part: scans the file, reads what is text in it, and stores all pages in one commit. Pages that are images go to a job of
 * their own, which owns the permit for them.
 */
export async function readDocument(parts: ReadingParts, job: RunningJob): Promise<void> {
  const key = keyOf(job);
  const [[document]] = await parts.db.tenant(key.accountId, START, [startReading(key, job.id)]);
  // Deleted, or ended: this delivery came late, and the worker ends the job.
  if (document === undefined || document.blob_id === null) return;
  tell(parts, document);
  const blobId = document.blob_id;
  const refused = await scanForMalware(parts, { key, blobId, signal: job.signal });
  if (refused !== undefined) return fail(parts, { job, failure: refused });
  const found: ReadingResult = { pages: [], scanned: [], missing: [] };
  const end = await parts.reader.read({
    declared: DOCUMENT_TYPES[document.type],
    bytes: document.bytes,
    open: () => parts.blobs.open(key.accountId, blobId),
    signal: job.signal,
    take(line) {
      if (line.kind === 'page')
        found.pages.push({ page: line.page, text: line.text, confidence: line.confidence });
      else if (line.kind === 'scanned') found.scanned.push(line.page);
      else found.missing.push({ page: line.page, reason: line.kind === 'gap' ? line.gap : 'page_damaged' });
    },
  });
  if (end.kind === 'failed') return fail(parts, { job, failure: end });
  await store(parts, { job, document, found, end });
}

async function scanForMalware(
  { blobs, scanner }: ReadingParts,
  {
    key,
    blobId,
    signal,
  }: { readonly key: DocumentKey; readonly blobId: string; readonly signal: AbortSignal },
): Promise<ReadFailure | undefined> {
  if (scanner === undefined) return undefined;
  const verdict = await scanner.scan(() => blobs.open(key.accountId, blobId), signal);
  if (verdict.kind === 'clean') return undefined;
  return verdict.kind === 'infected'
    ? { code: 'document_infected', detail: verdict.name }
    : { code: 'document_not_scanned', detail: verdict.reason };
}

interface Read {
  readonly job: RunningJob;
  readonly document: DocumentRow;
  readonly found: ReadingResult;
  readonly end: Extract<ReadingEnd, { kind: 'read' }>;
}

/** As many of the pages that are images are handed on as one document and the month have room for. */
async function store(parts: ReadingParts, read: Read): Promise<void> {
  const { job, document, found } = read;
  const wanted = found.scanned.slice(0, READING_CAPS.ocrPages);
  for (const page of found.scanned.slice(READING_CAPS.ocrPages))
    found.missing.push({ page, reason: 'ocr_page_limit' });
  const permit =
    wanted.length === 0
      ? undefined
      : await ocrPermit(parts, {
          accountId: job.accountId,
          userId: document.created_by as UserId,
          requestId: job.requestId,
          pages: wanted.length,
        });
  for (const page of wanted.slice(permit?.units ?? 0))
    found.missing.push({ page, reason: 'ocr_pages_used_up' });
  if (permit !== undefined) return handOn(parts, read, { permit, pages: wanted.slice(0, permit.units) });
  if (isBare(found) && found.missing.some(({ reason }) => reason === 'ocr_pages_used_up')) {
    const failure = {
      code: 'document_ocr_exhausted',
      detail: `${found.scanned.length} pages are images.`,
    } as const;
    return fail(parts, { job, failure });
  }
  const key = keyOf(job);
  const done = [insertPages(key, found.pages, false)];
  await complete(parts, {
    job,
    before: done,
    more: { pages: read.end.pages, missing: found.missing },
    point: READ,
  });
}

const isBare = ({ pages }: ReadingResult) => pages.every(({ text }) => text === '');

/** One commit: the text so far, and the job that reads the images, which owns their permit. */
async function handOn(
  parts: ReadingParts,
  { job, document, found, end }: Read,
  ocr: { readonly permit: Permit; readonly pages: readonly number[] },
): Promise<void> {
  const { db, ids, jobs } = parts;
  const key = keyOf(job);
  const jobId = ids.next<JobId>();
  const { permit } = ocr;
  const next = { id: jobId, kind: 'orbit.ocr', lane: 'batch', payload: { document_id: key.id } } as const;
  try {
    const isThere = await db.tenant(key.accountId, READ, async (tx) => {
      const so = { pages: end.pages, missing: found.missing };
      const [row] = await tx.run(handToOcr(key, so, { jobId, left: ocr.pages }));
      if (row === undefined) return false;
      await tx.runAll([
        insertPages(key, found.pages, false),
        ...jobs.enqueueing(key.accountId, { ...next, requestId: job.requestId, permit }),
        job.finishing(),
      ]);
      return true;
    });
    // It was deleted: its images are not read.
    if (!isThere) return await permit.release('document deleted');
  } catch (error) {
    // Should the job be there all the same, the permit is the job's, and this changes nothing.
    await permit.abandon('not handed on').catch(() => {});
    throw error;
  }
  jobs.wake();
  tell(parts, document);
}

interface Completion {
  readonly job: RunningJob;
  readonly before: readonly Statement[];
  readonly more: Parameters<typeof completeDocument>[1];
  readonly point: typeof READ;
  /** Statements that end the job; with its permit, if it has one. */
  readonly ending?: readonly Statement[];
}

/** The last commit of a document that was read. Of one that was deleted meanwhile nothing is stored, and the worker ends the job. */
export async function complete(
  parts: ReadingParts,
  { job, before, more, point, ending }: Completion,
): Promise<void> {
  const key = keyOf(job);
  const row = await parts.db.tenant(key.accountId, point, async (tx: Transaction) => {
    const [completed] = await tx.run(completeDocument(key, more));
    if (completed === undefined) return undefined;
    await tx.runAll(before);
    await recordDocumentIn(parts, tx, {
      ...uploaderOf(job, completed),
      accountId: key.accountId,
      document: completed,
      action: 'completed',
    });
    await tx.runAll(ending ?? [job.finishing()]);
    return completed;
  });
  if (row !== undefined) tell(parts, row, true);
}

/** The last commit of a document that could not be read. What the scanner found is deleted with it. */
export async function fail(
  parts: ReadingParts,
  {
    job,
    failure,
    ending,
  }: { readonly job: RunningJob; readonly failure: ReadFailure; readonly ending?: readonly Statement[] },
): Promise<void> {
  const { db, blobs } = parts;
  const key = keyOf(job);
  const { code, detail } = failure;
  const isKept = code !== 'document_infected';
  const row = await db.tenant(key.accountId, FAIL, async (tx: Transaction) => {
    const [before] = await tx.run(startReading(key, job.id));
    if (before === undefined) return undefined;
    const [failed] = await tx.run(failDocument(key, { code, detail }, isKept));
    if (failed === undefined) return undefined;
    await recordDocumentIn(parts, tx, {
      ...uploaderOf(job, failed),
      accountId: key.accountId,
      document: failed,
      action: 'failed',
    });
    await tx.runAll([
      ...(isKept || before.blob_id === null ? [] : blobs.forgetting(key.accountId, before.blob_id)),
      ...(ending ?? [job.finishing({ failed: code })]),
    ]);
    return failed;
  });
  if (row !== undefined) tell(parts, row, true);
}

/** The last try failed: the reader or the scanner was away, or ended, more often than it may. */
export function giveUpReading(parts: ReadingParts, job: RunningJob, { code }: JobFailure): Promise<void> {
  const failure: ReadFailure =
    code === 'scanner_unavailable'
      ? { code: 'document_not_scanned', detail: 'The scanner was away.' }
      : { code: 'document_reading_failed', detail: code };
  return fail(parts, { job, failure });
}

function tell(
  { db, changes }: Pick<ReadingParts, 'db' | 'changes'>,
  { id, scope_id: scopeId }: DocumentRow,
  isOver = false,
): void {
  if (isOver) signals.ended(db, id);
  else signals.moved(db, id);
  if (scopeId !== null) changes.moved(scopeId);
}
