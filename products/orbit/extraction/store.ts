import {
  type AccountId,
  type JobId,
  microsecondsOf,
  olderThan,
  type PermitId,
  type Statement,
  statement,
  type TimePosition,
  type UserId,
  valuesOf,
  type WorkKey,
  type WorkStatus,
} from 'plinth/product';
import type { Conflict } from './conflicts.ts';
import type { Item } from './item.ts';

/** Result of an extraction. */
export interface ExtractionResult {
  /** Chunks that are read, those of the extractions that it goes on with too. */
  readonly chunks: number;
  /** Number of things they say, each once. */
  readonly items: number;
  /** The sections that were added. */
  readonly sections: readonly string[];
  readonly conflicts: readonly Conflict[];
}

/** Pages that were not read, and why. */
export interface MissingPages {
  readonly document_id: string;
  readonly from_page: number;
  readonly to_page: number;
  /**
   * `budget`: the day's is used up; `size`, `time`: one extraction reads no more; `unusable`, `provider`: the model failed; `too_large`: more
   * than the model or the policy takes, also in quarters; `privacy`: nothing is sent to models any more.
   */
  readonly reason: 'budget' | 'size' | 'time' | 'unusable' | 'too_large' | 'provider' | 'privacy';
}

export interface NewExtraction {
  readonly accountId: AccountId;
  readonly id: string;
  readonly scopeId: string;
  readonly scopeVersion: number;
  readonly documentIds: readonly string[];
  readonly rootId: string;
  readonly permitId: PermitId;
  readonly jobId: JobId;
  readonly requestId: string;
  readonly userId: UserId;
}

/** One name for a set of documents: their order does not count. */
export function documentsKey(documentIds: readonly string[]): string {
  return documentIds.toSorted().join(' ');
}

export function insertExtraction(made: NewExtraction): Statement {
  return statement(
    `insert into orbit.extractions (account_id, id, scope_id, scope_version, document_ids, documents_key, root_id, permit_id, job_id, status, request_id, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', $10, $11)`,
    [
      made.accountId,
      made.id,
      made.scopeId,
      made.scopeVersion,
      [...made.documentIds],
      documentsKey(made.documentIds),
      made.rootId,
      made.permitId,
      made.jobId,
      made.requestId,
      made.userId,
    ],
  );
}

/** The extraction that a new request is compared with. */
export interface Former {
  readonly id: string;
  readonly root_id: string;
  readonly status: WorkStatus;
  readonly scope_version: number;
  readonly result_version: number | null;
  readonly is_whole: boolean;
  readonly is_of_these: boolean;
}

/** The extraction of a scope that is under way, and the newest of the same documents. */
export function formerExtractions(
  accountId: AccountId,
  { scopeId, documentIds }: { readonly scopeId: string; readonly documentIds: readonly string[] },
): Statement<Former> {
  return statement<Former>(
    `select id, root_id, status, scope_version, result_version, missing = '[]' as is_whole, documents_key = $3 as is_of_these
     from orbit.extractions
     where account_id = $1 and scope_id = $2 and (documents_key = $3 or status in ('queued', 'running'))
     order by status in ('queued', 'running') desc, created_at desc, id desc limit 2`,
    [accountId, scopeId, documentsKey(documentIds)],
  );
}

/** Facts for the worker; no row when the extraction is final already or gone. */
export interface Task {
  readonly scope_id: string;
  readonly document_ids: readonly string[];
  readonly root_id: string;
  readonly created_by: UserId;
  /** How often it was begun without storing a chunk since, this time included. */
  readonly starts: number;
}

export function startExtraction({ accountId, id }: WorkKey): Statement<Task> {
  return statement<Task>(
    `update orbit.extractions set status = 'running', starts = starts + 1, updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('queued', 'running')
     returning scope_id, to_jsonb(document_ids) as document_ids, root_id, created_by, starts`,
    [accountId, id],
  );
}

/** The same for a worker that gives it up. */
export function readTask({ accountId, id }: WorkKey): Statement<Task> {
  return statement<Task>(
    `select scope_id, to_jsonb(document_ids) as document_ids, root_id, created_by, starts from orbit.extractions
     where account_id = $1 and id = $2 and status in ('queued', 'running')`,
    [accountId, id],
  );
}

export function sizeExtraction({ accountId, id }: WorkKey, chunks: number): Statement {
  return statement('update orbit.extractions set chunks = $3 where account_id = $1 and id = $2', [
    accountId,
    id,
    chunks,
  ]);
}

/** Marks progress, and makes a cancellation wait for the commit. */
export function touchExtraction({ accountId, id }: WorkKey): Statement {
  return statement(
    'update orbit.extractions set starts = 0, updated_at = app.now() where account_id = $1 and id = $2',
    [accountId, id],
  );
}

export interface ChunkRow {
  readonly document_id: string;
  readonly number: number;
  readonly digest: string;
  readonly from_page: number;
  readonly to_page: number;
  readonly items: readonly Item[];
  readonly told_by: string | null;
}

export function readChunks(accountId: AccountId, rootId: string): Statement<ChunkRow> {
  return statement<ChunkRow>(
    `select document_id, number, digest, from_page, to_page, items, told_by from orbit.extraction_chunks
     where account_id = $1 and root_id = $2 order by document_id, number`,
    [accountId, rootId],
  );
}

export function insertChunk(
  { accountId, rootId }: { readonly accountId: AccountId; readonly rootId: string },
  chunk: Omit<ChunkRow, 'told_by'>,
): Statement {
  return statement(
    `insert into orbit.extraction_chunks (account_id, root_id, document_id, number, digest, from_page, to_page, items)
     values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)
     on conflict (account_id, root_id, document_id, number)
       do update set digest = excluded.digest, items = excluded.items, told_by = null
       where extraction_chunks.digest <> excluded.digest`,
    [
      accountId,
      rootId,
      chunk.document_id,
      chunk.number,
      chunk.digest,
      chunk.from_page,
      chunk.to_page,
      JSON.stringify(chunk.items),
    ],
  );
}

/** From now on what these chunks say is in the scope. */
export function tellChunks(accountId: AccountId, rootId: string, extractionId: string): Statement {
  return statement(
    'update orbit.extraction_chunks set told_by = $3, updated_at = app.now() where account_id = $1 and root_id = $2 and told_by is null',
    [accountId, rootId, extractionId],
  );
}

/** Read chunks that no section has what they say of. */
export function countUntold({ accountId, id }: WorkKey): Statement<{ chunks: number }> {
  return statement(
    `select count(*)::int as chunks from orbit.extraction_chunks c
     join orbit.extractions e on e.account_id = c.account_id and e.root_id = c.root_id
     where c.account_id = $1 and e.account_id = $1 and e.id = $2 and c.told_by is null`,
    [accountId, id],
  );
}

/** Ends an extraction that came to something; the scope's version is that which its sections made. */
export function completeExtraction(
  { accountId, id }: WorkKey,
  end: {
    readonly done: ExtractionResult;
    readonly missing: readonly MissingPages[];
    readonly confidence: number | null;
  },
): Statement {
  return statement(
    `update orbit.extractions e set status = 'completed', done = $3::jsonb, missing = $4::jsonb, confidence = $5, updated_at = app.now(),
       result_version = (select s.version from orbit.scopes s where s.account_id = $1 and s.id = e.scope_id)
     where e.account_id = $1 and e.id = $2 and e.status in ('queued', 'running')`,
    [accountId, id, JSON.stringify(end.done), JSON.stringify(end.missing), end.confidence],
  );
}

/** Ends an extraction that came to nothing; one that is final already stays what it is. */
export function endExtraction(
  { accountId, id }: WorkKey,
  end: { status: 'cancelled' } | { status: 'failed'; code: string; message: string },
): Statement {
  const error = end.status === 'failed' ? end : undefined;
  return statement(
    `update orbit.extractions set status = $3, error_code = $4, error_message = $5, updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('queued', 'running')`,
    [accountId, id, end.status, error?.code ?? null, error?.message ?? null],
  );
}

/** Puts a failed extraction back, for its job will run again. */
export function reviveExtraction({ accountId, id }: WorkKey): Statement {
  return statement(
    `update orbit.extractions set status = 'queued', starts = 0, error_code = null, error_message = null, updated_at = app.now()
     where account_id = $1 and id = $2 and status = 'failed'`,
    [accountId, id],
  );
}

/** Locks an extraction against its worker's commits, to decide whether it can be cancelled. */
export function lockExtraction({
  accountId,
  id,
}: WorkKey): Statement<{ status: WorkStatus; scope_id: string; job_id: JobId }> {
  return statement(
    'select status, scope_id, job_id from orbit.extractions where account_id = $1 and id = $2 for no key update',
    [accountId, id],
  );
}

/** How far what was extracted is to be trusted, on the scope. */
export function rateScope(accountId: AccountId, scopeId: string, confidence: number): Statement {
  return statement('update orbit.scopes set confidence = $3 where account_id = $1 and id = $2', [
    accountId,
    scopeId,
    confidence,
  ]);
}

export interface ExtractionRow {
  readonly id: string;
  readonly scope_id: string;
  readonly scope_version: number;
  readonly result_version: number | null;
  readonly document_ids: readonly string[];
  readonly root_id: string;
  readonly status: WorkStatus;
  readonly chunks: number | null;
  readonly done: ExtractionResult | null;
  readonly missing: readonly MissingPages[];
  readonly confidence: number | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly request_id: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const SHOWN = `id, scope_id, scope_version, result_version, to_jsonb(document_ids) as document_ids, root_id, status, chunks, done, missing,
  confidence::double precision as confidence, error_code, error_message, request_id, created_at, updated_at`;

export function readExtraction({ accountId, id }: WorkKey): Statement<ExtractionRow> {
  return statement<ExtractionRow>(
    `select ${SHOWN} from orbit.extractions where account_id = $1 and id = $2`,
    [accountId, id],
  );
}

/** The progress of its chunks, as its followers see it. */
export interface ReadChunk {
  readonly document_id: string;
  readonly number: number;
  readonly from_page: number;
  readonly to_page: number;
  readonly items: number;
}

export function readReadChunks({ accountId, id }: WorkKey): Statement<ReadChunk> {
  return statement<ReadChunk>(
    `select c.document_id, c.number, c.from_page, c.to_page, jsonb_array_length(c.items) as items
     from orbit.extraction_chunks c
     join orbit.extractions e on e.account_id = c.account_id and e.root_id = c.root_id
     where c.account_id = $1 and e.account_id = $1 and e.id = $2 order by c.created_at, c.document_id, c.number`,
    [accountId, id],
  );
}

/** Extractions of a scope, newest first, from a place in that order on. */
export function listExtractions(
  accountId: AccountId,
  query: { readonly scopeId: string; readonly after: TimePosition | undefined; readonly limit: number },
): Statement<ExtractionRow & TimePosition> {
  const { values, put } = valuesOf(accountId, query.scopeId, query.limit);
  const conditions = ['account_id = $1', 'scope_id = $2', ...olderThan(query.after, put)];
  return statement<ExtractionRow & TimePosition>(
    `select ${SHOWN}, ${microsecondsOf('created_at')} as at from orbit.extractions where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $3`,
    values,
  );
}
