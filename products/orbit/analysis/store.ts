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
import type { AnalysisResult } from './results.ts';

export const ANALYSIS_KINDS = ['suggest', 'analyze'] as const;
export type AnalysisKind = (typeof ANALYSIS_KINDS)[number];

/** Subject of an analysis: a section (suggest) or a scope (analyze), in one version. */
export interface Subject {
  readonly kind: AnalysisKind;
  readonly scopeId: string;
  readonly sectionId: string | null;
  readonly version: number;
}

export interface NewAnalysis extends Subject {
  readonly accountId: AccountId;
  readonly id: string;
  readonly permitId: PermitId;
  readonly jobId: JobId;
  readonly requestId: string;
  readonly userId: UserId;
}

export function insertAnalysis(made: NewAnalysis): Statement {
  return statement(
    `insert into orbit.analyses (account_id, id, scope_id, section_id, kind, version, permit_id, job_id, status, request_id, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10)`,
    [
      made.accountId,
      made.id,
      made.scopeId,
      made.sectionId,
      made.kind,
      made.version,
      made.permitId,
      made.jobId,
      made.requestId,
      made.userId,
    ],
  );
}

/** The one of the same subject that is under way or completed. */
export function formerAnalysis(
  accountId: AccountId,
  { kind, scopeId, sectionId, version }: Subject,
): Statement<{ id: string; status: WorkStatus }> {
  return statement<{ id: string; status: WorkStatus }>(
    `select id, status from orbit.analyses
     where account_id = $1 and scope_id = $2 and kind = $3 and version = $4 and coalesce(section_id, scope_id) = $5
       and status in ('queued', 'running', 'completed')`,
    [accountId, scopeId, kind, version, sectionId ?? scopeId],
  );
}

/** The scope that a section is in. */
export function scopeOfSection(
  accountId: AccountId,
  sectionId: string,
): Statement<{ scope_id: string; version: number }> {
  return statement<{ scope_id: string; version: number }>(
    'select scope_id, version from orbit.sections where account_id = $1 and id = $2',
    [accountId, sectionId],
  );
}

/** Facts for the worker; no row when the analysis is final already or gone. */
export interface AnalysisTask {
  readonly kind: AnalysisKind;
  readonly scope_id: string;
  readonly section_id: string | null;
  readonly created_by: UserId;
}

export function startAnalysis({ accountId, id }: WorkKey): Statement<AnalysisTask> {
  return statement<AnalysisTask>(
    `update orbit.analyses set status = 'running', updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('queued', 'running')
     returning kind, scope_id, section_id, created_by`,
    [accountId, id],
  );
}

export function completeAnalysis({ accountId, id }: WorkKey, result: AnalysisResult): Statement {
  return statement(
    `update orbit.analyses set status = 'completed', result = $3::jsonb, updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('queued', 'running')`,
    [accountId, id, JSON.stringify(result)],
  );
}

/** Ends an analysis that came to nothing; one that is final already stays what it is. */
export function endAnalysis(
  { accountId, id }: WorkKey,
  end: { status: 'cancelled' } | { status: 'failed'; code: string; message: string },
): Statement {
  const error = end.status === 'failed' ? end : undefined;
  return statement(
    `update orbit.analyses set status = $3, error_code = $4, error_message = $5, updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('queued', 'running')`,
    [accountId, id, end.status, error?.code ?? null, error?.message ?? null],
  );
}

/** Puts a failed analysis back, for its job will run again; not where another one of its subject is there by now. */
export function reviveAnalysis({ accountId, id }: WorkKey): Statement {
  return statement(
    `update orbit.analyses a set status = 'queued', error_code = null, error_message = null, updated_at = app.now()
     where a.account_id = $1 and a.id = $2 and a.status = 'failed' and not exists (
       select 1 from orbit.analyses o where o.account_id = $1 and o.scope_id = a.scope_id and o.kind = a.kind and o.version = a.version
         and o.section_id is not distinct from a.section_id and o.status in ('queued', 'running', 'completed'))`,
    [accountId, id],
  );
}

/** Locks an analysis against its worker's commits, to decide whether it can be cancelled. */
export function lockAnalysis({
  accountId,
  id,
}: WorkKey): Statement<{ status: WorkStatus; scope_id: string; job_id: JobId }> {
  return statement(
    'select status, scope_id, job_id from orbit.analyses where account_id = $1 and id = $2 for no key update',
    [accountId, id],
  );
}

export interface AnalysisRow {
  readonly id: string;
  readonly scope_id: string;
  readonly section_id: string | null;
  readonly kind: AnalysisKind;
  readonly version: number;
  readonly status: WorkStatus;
  readonly result: AnalysisResult | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly request_id: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const SHOWN = `id, scope_id, section_id, kind, version, status, result, error_code, error_message, request_id, created_at, updated_at`;

export function readAnalysis({ accountId, id }: WorkKey): Statement<AnalysisRow> {
  return statement<AnalysisRow>(`select ${SHOWN} from orbit.analyses where account_id = $1 and id = $2`, [
    accountId,
    id,
  ]);
}

/** Analyses of a scope, newest first, from a place in that order on. */
export function listAnalyses(
  accountId: AccountId,
  query: {
    readonly scopeId: string;
    readonly kind: AnalysisKind | undefined;
    readonly after: TimePosition | undefined;
    readonly limit: number;
  },
): Statement<AnalysisRow & TimePosition> {
  const { values, put } = valuesOf(accountId, query.scopeId, query.limit);
  const conditions = ['account_id = $1', 'scope_id = $2', ...olderThan(query.after, put)];
  if (query.kind !== undefined) conditions.push(`kind = ${put(query.kind)}`);
  return statement<AnalysisRow & TimePosition>(
    `select ${SHOWN}, ${microsecondsOf('created_at')} as at from orbit.analyses where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $3`,
    values,
  );
}
