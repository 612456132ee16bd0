import {
  type AccountId,
  type JobId,
  microsecondsOf,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  type UserId,
  valuesOf,
} from 'plinth/product';
import type { DocumentRow, DocumentStatus, MissingPage, PageRow } from './document.ts';

const SHOWN = `id, project_id, scope_id, blob_id, name, type, bytes, sha256, status, uploaded_at, failure, pages, ocr_pages, ocr_left, missing, job_id,
  created_by, created_at, updated_at`;

/** Which document, and of whose account. */
export interface DocumentKey {
  readonly accountId: AccountId;
  readonly id: string;
}

export interface NewDocument extends DocumentKey {
  readonly scopeId: string | undefined;
  readonly projectId: string | undefined;
  readonly blobId: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly userId: UserId;
}

export function insertDocument(one: NewDocument): Statement<DocumentRow> {
  return statement<DocumentRow>(
    `insert into orbit.documents (account_id, id, scope_id, project_id, blob_id, name, type, bytes, sha256, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${SHOWN}`,
    [
      one.accountId,
      one.id,
      one.scopeId ?? null,
      one.projectId ?? null,
      one.blobId,
      one.name,
      one.type,
      one.bytes,
      one.sha256,
      one.userId,
    ],
  );
}

/** Whether the account has this scope, in use, and this project; of one that is not said, it has. */
export function placesOf(
  accountId: AccountId,
  { scopeId, projectId }: { readonly scopeId: string | undefined; readonly projectId: string | undefined },
): Statement<{ scope: boolean; project: boolean }> {
  return statement<{ scope: boolean; project: boolean }>(
    `select ($2::uuid is null or exists (select from orbit.scopes where account_id = $1 and id = $2 and not trashed)) is true as scope,
       ($3::uuid is null or exists (select from orbit.projects where account_id = $1 and id = $3)) is true as project`,
    [accountId, scopeId ?? null, projectId ?? null],
  );
}

export function readDocument({ accountId, id }: DocumentKey): Statement<DocumentRow> {
  return statement<DocumentRow>(`select ${SHOWN} from orbit.documents where account_id = $1 and id = $2`, [
    accountId,
    id,
  ]);
}

export interface DocumentQuery {
  readonly scopeId: string | undefined;
  readonly projectId: string | undefined;
  readonly status: DocumentStatus | undefined;
  readonly after: TimePosition | undefined;
  readonly limit: number;
}

/** Newest first, from a place in that order on. */
export function listDocuments(
  accountId: AccountId,
  query: DocumentQuery,
): Statement<DocumentRow & TimePosition> {
  const { values, put } = valuesOf(accountId, query.limit);
  const { scopeId, projectId, status, after } = query;
  const conditions = [
    'account_id = $1',
    ...(scopeId === undefined ? [] : [`scope_id = ${put(scopeId)}::uuid`]),
    ...(projectId === undefined ? [] : [`project_id = ${put(projectId)}::uuid`]),
    ...(status === undefined ? [] : [`status = ${put(status)}`]),
    ...olderThan(after, put),
  ];
  return statement<DocumentRow & TimePosition>(
    `select ${SHOWN}, ${microsecondsOf('created_at')} as at from orbit.documents where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $2`,
    values,
  );
}

/** Marks its file as there and names who reads it. No row: it is deleted, or another call was first. */
export function markUploaded({ accountId, id }: DocumentKey, jobId: JobId): Statement<DocumentRow> {
  return statement<DocumentRow>(
    `update orbit.documents set uploaded_at = app.now(), job_id = $3, updated_at = app.now()
     where account_id = $1 and id = $2 and uploaded_at is null returning ${SHOWN}`,
    [accountId, id, jobId],
  );
}

/** Begins to read it, or goes on after another worker. No row: it is deleted, or read. */
export function startReading({ accountId, id }: DocumentKey, jobId: JobId): Statement<DocumentRow> {
  return statement<DocumentRow>(
    `update orbit.documents set status = 'processing', job_id = $3, updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('pending', 'processing') returning ${SHOWN}`,
    [accountId, id, jobId],
  );
}

/** Stores pages; those that are there stay what they are. Of a document that is deleted none. */
export function insertPages(
  { accountId, id }: DocumentKey,
  pages: readonly Omit<PageRow, 'by_ocr'>[],
  byOcr: boolean,
): Statement {
  return statement(
    `insert into orbit.document_pages (account_id, document_id, page, text, by_ocr, confidence)
     select d.account_id, d.id, p.page, p.text, $5, p.confidence
     from unnest($3::integer[], $4::text[], $6::numeric[]) as p (page, text, confidence)
     join orbit.documents d on d.account_id = $1 and d.id = $2
     on conflict do nothing`,
    [
      accountId,
      id,
      pages.map(({ page }) => page),
      pages.map(({ text }) => text),
      byOcr,
      pages.map(({ confidence }) => confidence),
    ],
  );
}

export interface ReadSoFar {
  readonly pages: number;
  readonly missing: readonly MissingPage[];
}

/** Marks a document as read, and names the pages that a job of OCR reads next. No row: it was deleted meanwhile. */
export function handToOcr(
  { accountId, id }: DocumentKey,
  { pages, missing }: ReadSoFar,
  ocr: { readonly jobId: JobId; readonly left: readonly number[] },
): Statement<{ id: string }> {
  return statement<{ id: string }>(
    `update orbit.documents set pages = $3, missing = $4::jsonb, ocr_left = $5::jsonb, job_id = $6, updated_at = app.now()
     where account_id = $1 and id = $2 and status = 'processing' returning id`,
    [accountId, id, pages, JSON.stringify(missing), JSON.stringify(ocr.left), ocr.jobId],
  );
}

/** Counts pages that OCR has read, or could not. No row: it was deleted meanwhile. */
export function countOcr(
  { accountId, id }: DocumentKey,
  { page, missing }: { readonly page: number; readonly missing: readonly MissingPage[] },
): Statement<{ id: string }> {
  return statement<{ id: string }>(
    `update orbit.documents d set missing = d.missing || $4::jsonb, updated_at = app.now(),
       ocr_left = coalesce((select jsonb_agg(l.page) from jsonb_array_elements(d.ocr_left) as l (page) where l.page <> to_jsonb($3::integer)), '[]'),
       ocr_pages = (select count(*)::integer from orbit.document_pages p where p.account_id = d.account_id and p.document_id = d.id and p.by_ocr)
     where d.account_id = $1 and d.id = $2 and d.status = 'processing' returning d.id`,
    [accountId, id, page, JSON.stringify(missing)],
  );
}

/** Its end. Pages that OCR was still to read are missing. No row: it was deleted meanwhile, or has ended. */
export function completeDocument(
  { accountId, id }: DocumentKey,
  more: { readonly pages: number | null; readonly missing: readonly MissingPage[] },
): Statement<DocumentRow> {
  return statement<DocumentRow>(
    `update orbit.documents d set status = 'completed', pages = coalesce($3, d.pages), job_id = null, ocr_left = '[]', updated_at = app.now(),
       missing = (select coalesce(jsonb_agg(m.entry order by (m.entry->>'page')::integer), '[]')
         from jsonb_array_elements(d.missing || $4::jsonb) as m (entry))
     where d.account_id = $1 and d.id = $2 and d.status = 'processing' returning ${SHOWN}`,
    [accountId, id, more.pages, JSON.stringify(more.missing)],
  );
}

/** Its end, with a reason. `isBlobKept`: its file may be downloaded all the same. */
export function failDocument(
  { accountId, id }: DocumentKey,
  failure: { readonly code: string; readonly detail: string },
  isBlobKept: boolean,
): Statement<DocumentRow> {
  return statement<DocumentRow>(
    `update orbit.documents set status = 'failed', failure = $3::jsonb, job_id = null, ocr_left = '[]', updated_at = app.now(),
       blob_id = case when $4 then blob_id end
     where account_id = $1 and id = $2 and status in ('pending', 'processing') returning ${SHOWN}`,
    [accountId, id, JSON.stringify(failure), isBlobKept],
  );
}

/** For a job that runs once more after it was given up. */
export function reviveDocument({ accountId, id }: DocumentKey): Statement {
  return statement(
    `update orbit.documents set status = 'pending', failure = null, updated_at = app.now()
     where account_id = $1 and id = $2 and status = 'failed' and blob_id is not null`,
    [accountId, id],
  );
}

/** Locked first: a worker that reads it waits, and then finds nothing. */
export function lockDocument({ accountId, id }: DocumentKey): Statement<DocumentRow> {
  return statement<DocumentRow>(
    `select ${SHOWN} from orbit.documents where account_id = $1 and id = $2 for update`,
    [accountId, id],
  );
}

export function deleteDocument({ accountId, id }: DocumentKey): Statement {
  return statement('delete from orbit.documents where account_id = $1 and id = $2', [accountId, id]);
}

/** Pages from a number on, in their order. */
export function listPages(
  { accountId, id }: DocumentKey,
  { after, limit }: { readonly after: number; readonly limit: number },
): Statement<PageRow> {
  return statement<PageRow>(
    `select page, text, by_ocr, confidence from orbit.document_pages where account_id = $1 and document_id = $2 and page > $3 order by page limit $4`,
    [accountId, id, after, limit],
  );
}

export function documentsOf(
  accountId: AccountId,
  ids: readonly string[],
): Statement<{ id: string; name: string; status: DocumentStatus }> {
  return statement<{ id: string; name: string; status: DocumentStatus }>(
    'select id, name, status from orbit.documents where account_id = $1 and id = any($2::uuid[])',
    [accountId, ids],
  );
}

export function textsOf(
  accountId: AccountId,
  ids: readonly string[],
): Statement<{ document_id: string; page: number; text: string; confidence: number }> {
  return statement<{ document_id: string; page: number; text: string; confidence: number }>(
    `select document_id, page, text, confidence from orbit.document_pages where account_id = $1 and document_id = any($2::uuid[])
     order by document_id, page`,
    [accountId, ids],
  );
}

/** Whether any page has text. */
export function hasText({ accountId, id }: DocumentKey): Statement<{ text: boolean }> {
  return statement<{ text: boolean }>(
    `select exists (select from orbit.document_pages where account_id = $1 and document_id = $2 and text <> '') is true as text`,
    [accountId, id],
  );
}

/** Uploads that were never completed: their files are swept by those who keep files. */
export const DELETE_UNFINISHED = statement<{ deleted: number }>(
  `with old as (
     delete from orbit.documents d using (
       select account_id, id from orbit.documents where uploaded_at is null and created_at < app.now() - interval '2 days'
       order by created_at limit 1000 for update skip locked) as o
     where d.account_id = o.account_id and d.id = o.id returning d.id)
   select count(*)::integer as deleted from old`,
);
