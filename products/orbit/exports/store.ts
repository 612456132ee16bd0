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
  type WorkKey,
  type WorkStatus,
} from 'plinth/product';
import type { Format, MissingContent } from '@plinth/documents';

/** Days that an export is kept after it was last asked for. */
const DAYS_KEPT = 7;
const KEPT_UNTIL = `app.now() + interval '${DAYS_KEPT} days'`;

export interface ExportRow {
  readonly id: string;
  readonly scope_id: string;
  readonly scope_version: number;
  readonly format: Format;
  readonly citations: boolean;
  readonly status: WorkStatus;
  readonly blob_id: string | null;
  readonly bytes: number | null;
  readonly missing: readonly MissingContent[];
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly created_by: UserId;
  readonly expires_at: Date;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const EXPORT = `e.id, e.scope_id, e.scope_version, e.format, e.citations, e.status, e.blob_id, e.bytes, e.missing, e.failure, e.created_by,
  e.expires_at, e.created_at, e.updated_at`;
/** Whether the scope is in use: what its owner threw away is in no answer. */
const IN_USE = `exists (select from orbit.scopes s where s.account_id = e.account_id and s.id = e.scope_id and not s.trashed)`;

export interface NewExport extends WorkKey {
  readonly scopeId: string;
  readonly scopeVersion: number;
  readonly format: Format;
  readonly citations: boolean;
  readonly brandingHash: string;
  readonly sourceHash: string;
  readonly jobId: JobId;
  readonly userId: UserId;
}

/** No row: there is one of the same source. */
export function insertExport(one: NewExport): Statement<ExportRow> {
  return statement<ExportRow>(
    `insert into orbit.exports as e (account_id, id, scope_id, scope_version, format, citations, branding_hash, source_hash, job_id, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ${KEPT_UNTIL})
     on conflict (scope_id, source_hash, account_id) where source_hash is not null do nothing returning ${EXPORT}`,
    [
      one.accountId,
      one.id,
      one.scopeId,
      one.scopeVersion,
      one.format,
      one.citations,
      one.brandingHash,
      one.sourceHash,
      one.jobId,
      one.userId,
    ],
  );
}

/** Which source, of whose scope. */
export interface SourceKey {
  readonly accountId: AccountId;
  readonly scopeId: string;
  readonly sourceHash: string;
}

/** The export of a source that is there or under way; from now on it is kept as long as a new one. */
export function keepExport({ accountId, scopeId, sourceHash }: SourceKey): Statement<ExportRow> {
  return statement<ExportRow>(
    `update orbit.exports e set expires_at = ${KEPT_UNTIL}
     where e.account_id = $1 and e.scope_id = $2 and e.source_hash = $3 and e.expires_at > app.now() returning ${EXPORT}`,
    [accountId, scopeId, sourceHash],
  );
}

/** One whose time is over, and that was not swept yet, goes before another of its source is made. */
export function dropExpired({
  accountId,
  scopeId,
  sourceHash,
}: SourceKey): Statement<{ blob_id: string | null }> {
  return statement<{ blob_id: string | null }>(
    `delete from orbit.exports where account_id = $1 and scope_id = $2 and source_hash = $3 and expires_at <= app.now()
     returning blob_id`,
    [accountId, scopeId, sourceHash],
  );
}

export function startExport({ accountId, id }: WorkKey): Statement<ExportRow> {
  return statement<ExportRow>(
    `update orbit.exports e set status = 'running', updated_at = app.now()
     where e.account_id = $1 and e.id = $2 and e.status in ('queued', 'running') returning ${EXPORT}`,
    [accountId, id],
  );
}

export interface Completion {
  readonly scopeVersion: number;
  readonly brandingHash: string;
  readonly sourceHash: string;
  readonly blobId: string;
  readonly bytes: number;
  readonly missing: readonly MissingContent[];
}

/** The file is there. The scope may have moved on since it was asked for: what was made counts. */
export function completeExport({ accountId, id }: WorkKey, made: Completion): Statement {
  return statement(
    `update orbit.exports e set status = 'completed', scope_version = $3, branding_hash = $4, blob_id = $6, bytes = $7, missing = $8::jsonb,
       source_hash = case when exists (select from orbit.exports o where o.account_id = e.account_id and o.scope_id = e.scope_id
         and o.source_hash = $5 and o.id <> e.id) then null else $5 end,
       failure = null, updated_at = app.now()
     where e.account_id = $1 and e.id = $2 and e.status = 'running'`,
    [
      accountId,
      id,
      made.scopeVersion,
      made.brandingHash,
      made.sourceHash,
      made.blobId,
      made.bytes,
      JSON.stringify(made.missing),
    ],
  );
}

/** It is not given in place of a new one any more. */
export function failExport(
  { accountId, id }: WorkKey,
  failure: { readonly code: string; readonly message: string },
): Statement {
  return statement(
    `update orbit.exports set status = 'failed', source_hash = null, failure = $3::jsonb, updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('queued', 'running')`,
    [accountId, id, JSON.stringify(failure)],
  );
}

/** Puts a failed one back, for its job will run again. */
export function reviveExport({ accountId, id }: WorkKey): Statement {
  return statement(
    `update orbit.exports set status = 'queued', failure = null, updated_at = app.now()
     where account_id = $1 and id = $2 and status = 'failed'`,
    [accountId, id],
  );
}

export function readExport({ accountId, id }: WorkKey): Statement<ExportRow> {
  return statement<ExportRow>(
    `select ${EXPORT} from orbit.exports e where e.account_id = $1 and e.id = $2 and e.expires_at > app.now() and ${IN_USE}`,
    [accountId, id],
  );
}

/** Newest first, from a place in that order on. */
export function listExports(
  accountId: AccountId,
  query: { readonly scopeId: string; readonly after: TimePosition | undefined; readonly limit: number },
): Statement<ExportRow & TimePosition> {
  const { values, put } = valuesOf(accountId, query.limit, query.scopeId);
  const conditions = [
    'e.account_id = $1',
    'e.scope_id = $3',
    'e.expires_at > app.now()',
    ...olderThan(query.after, put),
  ];
  return statement<ExportRow & TimePosition>(
    `select ${EXPORT}, ${microsecondsOf('e.created_at')} as at from orbit.exports e where ${conditions.join(' and ')}
     order by e.created_at desc, e.id desc limit $2`,
    values,
  );
}

/** Whose time is over, of all accounts. */
export function expiredExports(most: number): Statement<{ account_id: AccountId; id: string }> {
  return statement<{ account_id: AccountId; id: string }>(
    'select account_id, id from orbit.exports where expires_at <= app.now() order by expires_at limit $1',
    [most],
  );
}

/** No row: it was asked for meanwhile, or swept. */
export function sweepExport({ accountId, id }: WorkKey): Statement<{ blob_id: string | null }> {
  return statement<{ blob_id: string | null }>(
    'delete from orbit.exports where account_id = $1 and id = $2 and expires_at <= app.now() returning blob_id',
    [accountId, id],
  );
}

/** Facts of a document beside the scope: who made it, for which project, and how it looks. */
export interface SettingRow {
  readonly workspace: string;
  readonly project: string | null;
  readonly logo_blob_id: string | null;
  readonly primary: string | null;
  readonly accent: string | null;
  readonly language: string | null;
}

export function readSetting(accountId: AccountId, projectId: string | null): Statement<SettingRow> {
  return statement<SettingRow>(
    `select a.name as workspace, p.name as project, w.logo_blob_id, w.colours ->> 'primary' as primary, w.colours ->> 'accent' as accent,
       w.settings ->> 'language' as language
     from accounts.accounts a left join orbit.workspaces w on w.account_id = a.account_id
       left join orbit.projects p on p.account_id = a.account_id and p.id = $2
     where a.account_id = $1`,
    [accountId, projectId],
  );
}
