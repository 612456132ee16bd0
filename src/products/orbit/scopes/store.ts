import { type Statement, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { ScopeRow } from './scope.ts';

export const SCOPE = `id, project_id, title, client_name, status, summary, confidence::double precision as confidence, currency, created_by,
  version, created_at, updated_at, deleted_at`;

/** A scope, in use or in the trash. */
export function readScope(accountId: AccountId, id: string): Statement<ScopeRow> {
  return statement<ScopeRow>(`select ${SCOPE} from orbit.scopes where account_id = $1 and id = $2`, [
    accountId,
    id,
  ]);
}

/** A scope in use, locked: who changes it or its sections waits here for the others. */
export function lockScope(accountId: AccountId, id: string): Statement<ScopeRow> {
  return statement<ScopeRow>(
    `select ${SCOPE} from orbit.scopes where account_id = $1 and id = $2 and not trashed for update`,
    [accountId, id],
  );
}

/** Counts a change of its sections; `words`: their text changed, and the scope is found by it anew. */
export function countChange(accountId: AccountId, id: string, words: boolean): Statement<ScopeRow> {
  return statement<ScopeRow>(
    `update orbit.scopes s set version = s.version + 1, updated_at = app.now(),
       section_words = case when $3 then (
         select to_tsvector('simple'::regconfig, normalize(left(coalesce(string_agg(c.title || ' ' || left(c.content, 10000), ' ' order by c.rank, c.id), ''), 100000)))
         from orbit.sections c where c.account_id = s.account_id and c.scope_id = s.id) else s.section_words end
     where s.account_id = $1 and s.id = $2 returning ${SCOPE}`,
    [accountId, id, words],
  );
}
