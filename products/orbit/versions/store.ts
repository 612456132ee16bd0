import { type AccountId, type Statement, statement } from 'plinth/product';
import type { NewVersion, VersionCause } from './service.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Keeps the scope as it stands, under its present version. The newest version goes, where it is the same person's editing of the last ten
 * minutes: the new one has all of it.
 */
export function keepVersion(id: string, { accountId, scopeId, userId, cause }: NewVersion): Statement {
  return statement(
    `with former as (
       delete from orbit.scope_versions v
       where $4 = 'edited' and v.account_id = $1 and v.scope_id = $2 and v.cause = 'edited' and v.created_by = $5
         and v.began_at > app.now() - interval '10 minutes'
         and v.number = (select max(number) from orbit.scope_versions where account_id = $1 and scope_id = $2)
       returning v.began_at)
     insert into orbit.scope_versions (account_id, id, scope_id, number, snapshot, cause, created_by, began_at)
     select s.account_id, $3, s.id, s.version,
       jsonb_build_object('title', s.title, 'client_name', s.client_name, 'status', s.status, 'summary', s.summary,
         'currency', s.currency, 'project_id', s.project_id, 'confidence', s.confidence,
         'sections', coalesce((
           select jsonb_agg(jsonb_build_object('id', c.id, 'type', c.type, 'title', c.title, 'content', c.content,
             'fields', c.fields, 'confidence', c.confidence, 'citations', c.citations) order by c.rank, c.id)
           from orbit.sections c where c.account_id = s.account_id and c.scope_id = s.id), '[]')),
       $4, $5, coalesce((select began_at from former), app.now())
     from orbit.scopes s where s.account_id = $1 and s.id = $2
     on conflict (account_id, scope_id, number) do nothing`,
    [accountId, scopeId, id, cause, userId],
  );
}

/** A version without what it keeps. */
export interface VersionRow {
  readonly number: number;
  readonly cause: VersionCause;
  readonly created_by: string | null;
  readonly began_at: Date;
  readonly created_at: Date;
}

/** Versions of a scope in use, the newest first, from a number downwards. */
export function listVersions(
  accountId: AccountId,
  { scopeId, below, limit }: { readonly scopeId: string; readonly below: number; readonly limit: number },
): Statement<VersionRow> {
  return statement<VersionRow>(
    `select number, cause, created_by, began_at, created_at from orbit.scope_versions
     where account_id = $1 and scope_id = $2 and number < $3 order by number desc limit $4`,
    [accountId, scopeId, below, limit],
  );
}

/** A version, or the newest one that is not above a number. */
export function readVersion(
  accountId: AccountId,
  { scopeId, number, below }: { readonly scopeId: string; readonly number: number; readonly below: boolean },
): Statement<VersionRow & { readonly snapshot: Snapshot }> {
  return statement<VersionRow & { readonly snapshot: Snapshot }>(
    `select number, cause, created_by, began_at, created_at, snapshot from orbit.scope_versions
     where account_id = $1 and scope_id = $2 and (number = $3 or ($4::boolean and number < $3)) order by number desc limit 1`,
    [accountId, scopeId, number, below],
  );
}
