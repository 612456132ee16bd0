import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { TestApp } from '@plinth/testkit/services/app';

/** One of everything that Orbit makes of documents: their pages, an extraction with a part of its answer and one that is running, an analysis, an export that has ended: reading it does not wait. */
export async function makeDocuments(
  { app, db }: TestApp,
  { userId }: { readonly userId: UserId },
  accountId: AccountId,
): Promise<void> {
  const [scope, document, extraction, analysis, exported, permit, job, busy, reading] = Array.from(
    { length: 9 },
    () => app.modules.ids.next(),
  );
  const insert = `with scope as (
      insert into orbit.scopes (account_id, id, title, created_by)
      values ($1, $3, 'a scope with documents', $2), ($1, $10, 'a scope that documents are read for', $2)),
    document as (
      insert into orbit.documents (account_id, id, scope_id, blob_id, name, type, bytes, sha256, status, uploaded_at, pages, created_by)
      values ($1, $4, $3, (select id from blobs.blobs where account_id = $1 and purpose = 'document' limit 1), 'a brief.txt', 'text/plain', 5,
        repeat('0', 64), 'completed', app.now(), 1, $2)),
    page as (insert into orbit.document_pages (account_id, document_id, page, text) values ($1, $4, 1, 'words')),
    extraction as (
      insert into orbit.extractions (account_id, id, scope_id, scope_version, document_ids, documents_key, root_id, permit_id, job_id,
        status, request_id, created_by)
      values ($1, $5, $3, 1, array[$4::uuid], 'a key', $5, $8, $9, 'completed', 'a request', $2),
        ($1, $11, $10, 1, array[$4::uuid], 'a key', $11, $8, $9, 'running', 'a request', $2)),
    chunk as (
      insert into orbit.extraction_chunks (account_id, root_id, document_id, number, digest, from_page, to_page, items)
      values ($1, $5, $4, 1, 'a digest', 1, 1, '[]')),
    analysis as (
      insert into orbit.analyses (account_id, id, scope_id, kind, version, permit_id, job_id, status, result, request_id, created_by)
      values ($1, $6, $3, 'analyze', 1, $8, $9, 'completed', '{}', 'a request', $2))
    insert into orbit.exports (account_id, id, scope_id, scope_version, format, citations, branding_hash, status, job_id, created_by, expires_at)
    values ($1, $7, $3, 1, 'pdf', false, repeat('0', 64), 'cancelled', $9, $2, app.now() + interval '7 days')`;
  await db.asMigrator(
    statement(insert, [
      accountId,
      userId,
      scope,
      document,
      extraction,
      analysis,
      exported,
      permit,
      job,
      busy,
      reading,
    ]),
  );
}
