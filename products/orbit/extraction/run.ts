import {
  AppError,
  commitPoint,
  completeJob,
  failJob,
  type JobFailure,
  type Permit,
  type RunningJob,
  type Transaction,
  type WorkKey,
} from 'plinth/product';
import { languageOf } from '@plinth/documents';
import type { By } from '../changes/service.ts';
import type { OrbitParts } from '../orbit-parts.ts';
import { lockForChange } from '../scopes/locking.ts';
import { byOf } from './by.ts';
import { overallConfidence } from './confidence.ts';
import { checkedItems, extracted, type Item } from './item.ts';
import {
  chunksOfAll,
  type DocumentChunk,
  halvesOf,
  legibilityOf,
  type Material,
  pagesAsJson,
} from './material.ts';
import { mergeItems } from './merge.ts';
import { quoteFinder } from './quotes.ts';
import {
  type ChunkRow,
  completeExtraction,
  countUntold,
  endExtraction,
  insertChunk,
  type MissingPages,
  rateScope,
  readChunks,
  readTask,
  sizeExtraction,
  startExtraction,
  type Task,
  tellChunks,
  touchExtraction,
} from './store.ts';
import { signals } from './views.ts';

const START = commitPoint('orbit.extract-start', 'an extraction marked as running');
const CHUNK = commitPoint(
  'orbit.extract-chunk',
  'what a model said of a chunk, stored as soon as it is known',
);
const COMPLETE = commitPoint(
  'orbit.extract-complete',
  'the sections of an extraction, its settlement and the end of the job',
);
const FAIL = commitPoint(
  'orbit.extract-fail',
  'a failed extraction, its call given back, and the end of the job',
);

/**
 * Calls to a model of one extraction, those of earlier attempts and those that failed included: some 400 pages, and the next one
 * goes on. It is the policy's `rounds`, too, so that the last call still has all of the policy's tries.
 */
export const MOST_CHUNKS = 100;
/** Milliseconds after which an attempt begins no further chunk: less than its permit lasts, by the longest call. */
const LONGEST_RUN = 1_500_000;
/** So many times it is begun without storing a chunk, by crashes or by a provider that is away or has no room. */
export const MOST_STARTS = 5;
/** So often a chunk is cut in two: down to quarters, some seven calls for what one could not say. */
const MOST_CUTS = 2;
/** Items that are compared with each other; a scope of more is not read. */
const MOST_ITEMS = 1_000;

/** Why the worker stopped before the end. */
type Reason = MissingPages['reason'];

interface Work {
  readonly parts: OrbitParts;
  readonly job: RunningJob;
  readonly key: WorkKey;
  readonly task: Task;
  readonly chunks: readonly DocumentChunk[];
  /** Chunks that were read, by `nameOf`. */
  readonly read: Map<string, ChunkRow>;
  /** Chunks that this attempt could not have read, and why. */
  readonly refused: Map<string, AppError>;
}

/**
 * The worker's part: cut the documents, have each chunk read, store what was said of it as it comes, and at last sections,
 * settlement and the job's end in one transaction. What an earlier attempt or extraction has read is not asked for again.
 */
export async function runExtraction(parts: OrbitParts, job: RunningJob): Promise<void> {
  const key = extractionOf(job);
  const [[task]] = await parts.db.tenant(job.accountId, START, [startExtraction(key)]);
  // Final already: this delivery came twice, and the worker ends the job.
  if (task === undefined) return;
  if (job.permit === undefined) throw new Error('an extraction needs a permit');
  signals.moved(parts.db, key.id);
  const work = await workOf(parts, job, task);
  const stopped = task.starts > MOST_STARTS ? 'provider' : await readAll(work, job.permit);
  await complete(work, stopped);
}

/** The last try failed: what was read becomes sections, and the rest is missing; if nothing was read, the call is given back. */
export async function giveUpExtraction(
  parts: OrbitParts,
  job: RunningJob,
  failure: JobFailure,
): Promise<void> {
  const key = extractionOf(job);
  const [[task], [untold]] = await parts.db.tenant(job.accountId, [readTask(key), countUntold(key)]);
  if (task !== undefined && untold !== undefined && untold.chunks > 0) {
    try {
      return await complete(await workOf(parts, job, task), 'provider');
    } catch (error) {
      // The scope takes no sections any more, or a document is gone: that is why it failed.
      if (!(error instanceof AppError) || error.code === 'permit_stale') throw error;
      return fail(parts, job, { code: error.code, message: error.message });
    }
  }
  await fail(parts, job, failure);
}

async function fail(parts: OrbitParts, job: RunningJob, failure: JobFailure): Promise<void> {
  const key = extractionOf(job);
  await parts.db.tenant(job.accountId, FAIL, [
    endExtraction(key, { status: 'failed', ...failure }),
    ...failJob(job, failure),
  ]);
  signals.ended(parts.db, key.id);
}

export function extractionOf({ accountId, payload }: Pick<RunningJob, 'accountId' | 'payload'>): WorkKey {
  return { accountId, id: payload['extraction_id'] ?? '' };
}

async function workOf(parts: OrbitParts, job: RunningJob, task: Task): Promise<Work> {
  const { accountId } = job;
  const chunks = chunksOfAll(await parts.documents.text(accountId, task.document_ids));
  const [rows] = await parts.db.tenant(accountId, [readChunks(accountId, task.root_id)]);
  const stored = new Map(rows.map((row) => [`${row.document_id} ${row.number}`, row]));
  const read = new Map<string, ChunkRow>();
  for (const chunk of chunks) {
    const row = stored.get(nameOf(chunk));
    if (row?.digest === chunk.digest) read.set(nameOf(chunk), row);
  }
  return { parts, job, key: extractionOf(job), task, chunks, read, refused: new Map() };
}

function nameOf({ document, number }: DocumentChunk): string {
  return `${document.documentId} ${number}`;
}

/** The calls to a model of one attempt. */
interface ExtractionCall {
  readonly work: Work;
  readonly permit: Permit;
  /** Monotonic milliseconds after which no further call is begun. */
  readonly until: number;
}

type Items = ChunkRow['items'];

/** Reads chunk after chunk. Answers why it stopped before the last one, if it did. */
async function readAll(work: Work, permit: Permit): Promise<Reason | undefined> {
  const reading: ExtractionCall = { work, permit, until: work.parts.clock.monotonic() + LONGEST_RUN };
  for (const chunk of work.chunks) {
    if (work.read.has(nameOf(chunk))) continue;
    const items = await itemsOf(reading, chunk);
    if (typeof items === 'string') return items;
    if (items instanceof AppError) work.refused.set(nameOf(chunk), items);
    else await store(work, chunk, items);
  }
  return undefined;
}

/**
 * A model's items of a chunk; an error where there is no answer of use to this one, or why nothing more is asked. One that is too
 * large for a call, or that it has too much to say of, as of a page that is one dense table, is asked for in halves, and each of them
 * in halves once more: all of it or nothing.
 */
async function itemsOf(
  reading: ExtractionCall,
  material: Material,
  cuts = MOST_CUTS,
): Promise<Items | Reason | AppError> {
  const said = await ask(reading, material);
  if (cuts === 0 || !(said instanceof AppError) || !TOO_LARGE.has(said.code)) return said;
  const items: Item[] = [];
  for (const half of halvesOf(material)) {
    const of = await itemsOf(reading, half, cuts - 1);
    if (of instanceof AppError || typeof of === 'string') return of;
    items.push(...of);
  }
  return items;
}

/** One answer of a model, or why there is none. Throws what ends the whole extraction, and what is worth another try. */
async function ask(
  { work: { parts, job, task }, permit, until }: ExtractionCall,
  material: Material,
): Promise<Items | Reason | AppError> {
  if (permit.calls >= MOST_CHUNKS) return 'size';
  if (parts.clock.monotonic() > until) return 'time';
  job.signal.throwIfAborted();
  const { document, heading } = material;
  try {
    // Checked before each call: deleted text is not sent, and a scope that takes no more sections costs nothing.
    await parts.scopes.open(job.accountId, task.scope_id);
    await parts.documents.assertReady(job.accountId, task.document_ids);
    await parts.workspaces.assertModels(job.accountId);
    const { object } = await parts.ai.generate(permit, {
      feature: 'ai',
      prompt: {
        id: 'extract',
        version: 1,
        variables: { name: document.name, heading: heading ?? 'none', pages: pagesAsJson(material) },
      },
      schema: extracted,
      whenCut: 'refuse',
      lane: job.lane,
      signal: job.signal,
    });
    // A model can quote what it was shown, and nothing else.
    return checkedItems(object, {
      documentId: document.documentId,
      find: quoteFinder(material.parts),
      pages: material.parts,
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'limit_exceeded') return 'budget';
    if (error.code === 'models_not_allowed') return 'privacy';
    if (TOO_LARGE.has(error.code) || UNUSABLE.has(error.code)) return error;
    throw error;
  }
}

/** With less of it an answer may fit. */
const TOO_LARGE = new Set(['answer_too_large', 'context_too_large', 'call_too_costly']);
/** For this chunk no answer will do; the next one may be another matter. */
const UNUSABLE = new Set(['answer_unusable', 'provider_rejected']);

async function store(
  { parts, job, key, task, chunks, read }: Work,
  chunk: DocumentChunk,
  items: ChunkRow['items'],
): Promise<void> {
  const { accountId } = job;
  const row = {
    document_id: chunk.document.documentId,
    number: chunk.number,
    digest: chunk.digest,
    from_page: chunk.fromPage,
    to_page: chunk.toPage,
    items,
  };
  // Locks the extraction first, as cancelling does: the same order prevents a deadlock.
  await parts.db.tenant(accountId, CHUNK, [
    touchExtraction(key),
    sizeExtraction(key, chunks.length),
    job.progressing(read.size + 1, chunks.length),
    insertChunk({ accountId, rootId: task.root_id }, row),
  ]);
  read.set(nameOf(chunk), { ...row, told_by: null });
  signals.moved(parts.db, key.id);
}

/** Why nothing was read. */
function nothingRead({ refused }: Work, stopped: Reason | undefined): AppError {
  switch (stopped) {
    case 'budget':
      return new AppError('limit_exceeded');
    case 'time':
      return new AppError('provider_timeout');
    case 'privacy':
      return new AppError('models_not_allowed');
    case 'size':
    case 'provider':
      return new AppError('provider_unavailable');
    case 'too_large':
    case 'unusable':
    case undefined: {
      const [first] = refused.values();
      return first ?? new AppError('answer_unusable');
    }
  }
}

/** The last commit: sections, what is missing, settlement and the job's end. Where nothing new was read nothing is charged. */
async function complete(work: Work, stopped: Reason | undefined): Promise<void> {
  const { parts, job, key, task, chunks, read } = work;
  const isNew = [...read.values()].some((row) => row.told_by === null);
  if (!isNew && read.size < chunks.length) {
    const { code, message } = nothingRead(work, stopped);
    return fail(parts, job, { code, message });
  }
  const names = new Map(chunks.map(({ document }) => [document.documentId, document.name]));
  const items = chunks.flatMap((chunk) => {
    const row = read.get(nameOf(chunk));
    return (row?.items ?? []).map((item) => ({
      ...item,
      legibility: legibilityOf(chunk, item),
      isTold: row?.told_by !== null,
    }));
  });
  const workspace = await parts.workspaces.read(job.accountId);
  const { words } = languageOf(workspace?.settings.language ?? 'en');
  const made = mergeItems(items.slice(0, MOST_ITEMS), (id) => names.get(id) ?? 'a document', words.sections);
  const confidence = overallConfidence(made.confidences, { read: read.size, of: chunks.length });
  const missing = missingOf(work, stopped);
  const by = byOf(job, task.created_by);
  await parts.db.tenant(job.accountId, COMPLETE, async (tx) => {
    await tx.run(sizeExtraction(key, chunks.length));
    // Where no section is added, too: what was sent meanwhile stays as it was sent, its confidence as well.
    await lockForChange(tx, { accountId: job.accountId, scopeId: task.scope_id });
    await tx.runAll(ratings(by, task, confidence));
    const sections = await append(tx, { parts, by, task, made });
    const done = { chunks: read.size, items: made.confidences.length, sections, conflicts: made.conflicts };
    await tx.runAll([
      tellChunks(job.accountId, task.root_id, key.id),
      completeExtraction(key, { done, missing, confidence }),
    ]);
    await parts.changes.recordIn(tx, {
      ...by,
      scopeId: task.scope_id,
      kind: 'extraction.completed',
      data: { extraction_id: key.id, sections: sections.length, missing: missing.length },
    });
    await tx.runAll(completeJob(job));
  });
  signals.ended(parts.db, key.id);
  parts.changes.moved(task.scope_id);
}

function ratings({ accountId }: By, { scope_id: scopeId }: Task, confidence: number | null) {
  return confidence === null ? [] : [rateScope(accountId, scopeId, confidence)];
}

async function append(
  tx: Transaction,
  { parts, by, task, made }: Pick<Work, 'parts' | 'task'> & { by: By; made: ReturnType<typeof mergeItems> },
): Promise<string[]> {
  if (made.sections.length === 0) return [];
  const wish = { ...by, scopeId: task.scope_id, sections: made.sections, cause: 'extracted' } as const;
  return (await parts.sections.appendIn(tx, wish)).map(({ id }) => id);
}

/** Pages that follow each other and were left out for one reason are one entry. */
function missingOf({ chunks, read, refused }: Work, stopped: Reason | undefined): MissingPages[] {
  const missing: MissingPages[] = [];
  for (const chunk of chunks) {
    const { document, fromPage, toPage } = chunk;
    if (read.has(nameOf(chunk))) continue;
    const error = refused.get(nameOf(chunk));
    const reason = error === undefined ? (stopped ?? 'unusable') : reasonOf(error);
    const last = missing.at(-1);
    const isNext = last?.document_id === document.documentId && fromPage <= last.to_page + 1;
    if (isNext && last.reason === reason) missing[missing.length - 1] = { ...last, to_page: toPage };
    else missing.push({ document_id: document.documentId, from_page: fromPage, to_page: toPage, reason });
  }
  return missing;
}

/** An answer that is too large says something of the model; a question that is, of the document. */
function reasonOf({ code }: AppError): Reason {
  return code === 'context_too_large' || code === 'call_too_costly' ? 'too_large' : 'unusable';
}
