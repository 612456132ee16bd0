import {
  type AccountId,
  instantOf,
  microsecondsOf,
  type Put,
  type Statement,
  statement,
  trashOf,
  type UserId,
  valuesOf,
  versionUpdate,
  type WhichVersion,
  type WorkKey,
} from 'plinth/product';
import type { ScopeRow, ScopeStatus } from './scope.ts';

const SCOPE = `id, project_id, title, client_name, status, summary, confidence::double precision as confidence, currency, created_by,
  version, created_at, updated_at, deleted_at`;

/** Scopes that were deleted. */
export const trash = trashOf('orbit.scopes');

/** The texts of a scope. */
export interface ScopeText {
  readonly title: string;
  readonly client_name: string | null;
  readonly project_id: string | null;
  readonly summary: string;
  readonly currency: string;
}

/** A scope that is to be made; without a currency it has that of its workspace. */
export type NewScope = Omit<ScopeText, 'currency'> & { readonly currency?: string | undefined };

/** No row: there is no such project in use. */
export function insertScope(
  { accountId, id, userId }: WorkKey & { readonly userId: UserId },
  { title, client_name, project_id, summary, currency }: NewScope,
): Statement<ScopeRow> {
  return statement<ScopeRow>(
    `insert into orbit.scopes (account_id, id, created_by, title, client_name, project_id, summary, currency)
     select $1, $2, $3, $4, $5, $6, $7,
       coalesce($8, (select settings ->> 'currency' from orbit.workspaces where account_id = $1), 'USD')
     where $6::uuid is null or exists (select from orbit.projects where account_id = $1 and id = $6 and not archived)
     returning ${SCOPE}`,
    [accountId, id, userId, title, client_name, project_id, summary, currency ?? null],
  );
}

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
    `select ${SCOPE} from orbit.scopes where account_id = $1 and id = $2 and not trashed for no key update`,
    [accountId, id],
  );
}

/** Counts a change of its sections; `words`: their text changed, the scope is found by it anew, and its characters are counted. */
export function countChange(
  accountId: AccountId,
  id: string,
  words: boolean,
): Statement<ScopeRow & { readonly characters: number | null }> {
  return statement<ScopeRow & { readonly characters: number | null }>(
    `update orbit.scopes s set version = s.version + 1, updated_at = app.now(),
       section_words = case when $3::boolean then (
         select to_tsvector('simple'::regconfig, normalize(left(coalesce(
           string_agg(c.title || ' ' || left(c.content, 10000), ' ' order by c.rank, c.id), ''), 100000)))
         from orbit.sections c where c.account_id = s.account_id and c.scope_id = s.id) else s.section_words end
     where s.account_id = $1 and s.id = $2 returning ${SCOPE}, case when $3 then (
       select coalesce(sum(length(c.content)), 0)::integer from orbit.sections c where c.account_id = s.account_id and c.scope_id = s.id)
       end as characters`,
    [accountId, id, words],
  );
}

export type ScopeChange = {
  readonly [Field in keyof ScopeText | 'status' | 'confidence']?: ScopeRow[Field] | undefined;
};

/** Changes a scope in use of this version (any, when not said). No row: there is none, or it has another version. */
export function changeScope(which: WhichVersion, change: ScopeChange): Statement<ScopeRow> {
  const { text, values } = versionUpdate({ table: 'orbit.scopes', returning: SCOPE }, which, (put) => ({
    sets: Object.entries(change).map(([field, value]) => `${field} = ${put(value)}`),
    where: ['not trashed'],
  }));
  return statement<ScopeRow>(text, values);
}

/** A project that scopes may be put into. */
export function projectInUse(accountId: AccountId, id: string): Statement<{ archived: boolean }> {
  return statement<{ archived: boolean }>(
    'select archived from orbit.projects where account_id = $1 and id = $2',
    [accountId, id],
  );
}

/** Which scopes: all that are said. */
export interface ScopeFilters {
  readonly status?: ScopeStatus | undefined;
  readonly project_id?: string | undefined;
  /** In upper or lower case. */
  readonly client_name?: string | undefined;
  readonly created_by?: string | undefined;
  /** Words in its title, client, summary and sections; the last one may be the beginning of a word. */
  readonly q?: string | undefined;
  /** Those in the trash, in place of those in use. */
  readonly deleted?: boolean | undefined;
}

/** The orders of a list: a column, downwards with a minus. */
export const SCOPE_SORTS = [
  '-updated_at',
  'updated_at',
  '-created_at',
  'created_at',
  'title',
  '-title',
] as const;
export type ScopeSort = (typeof SCOPE_SORTS)[number];

/** A place in a list: microseconds, or a title in lower case; and the id. */
export interface ScopePosition {
  readonly at: number | string;
  readonly id: string;
}

export interface ScopeQuery {
  readonly filters: ScopeFilters;
  /** Those that have the words, where they are few. */
  readonly among: readonly string[] | undefined;
  readonly sort: ScopeSort;
  readonly after: ScopePosition | undefined;
  readonly limit: number;
}

export type ListedScope = ScopeRow & { readonly at: number | string };

/** A page of scopes, from a place in its order on. */
export function listScopes(
  accountId: AccountId,
  { filters, among, sort, after, limit }: ScopeQuery,
): Statement<ListedScope> {
  const { values, put } = valuesOf(accountId, limit);
  const isDown = sort.startsWith('-');
  const column = isDown ? sort.slice(1) : sort;
  const key = column === 'title' ? 'title_key' : column;
  const at = column === 'title' ? 'title_key' : microsecondsOf(key);
  const cursorValue = (place: ScopePosition) =>
    column === 'title' ? put(place.at) : instantOf(put(place.at));
  const conditions = [
    'account_id = $1',
    `trashed = ${filters.deleted === true}`,
    ...filterConditions(filters, among, put),
    ...(after === undefined
      ? []
      : [`(${key}, id) ${isDown ? '<' : '>'} (${cursorValue(after)}, ${put(after.id)}::uuid)`]),
  ];
  const order = isDown ? 'desc' : 'asc';
  return statement<ListedScope>(
    `select ${SCOPE}, ${at} as at from orbit.scopes where ${conditions.join(' and ')}
     order by ${key} ${order}, id ${order} limit $2`,
    values,
  );
}

function filterConditions(filters: ScopeFilters, among: readonly string[] | undefined, put: Put): string[] {
  const { status, project_id, client_name, created_by, q } = filters;
  return [
    ...(status === undefined ? [] : [`status = ${put(status)}`]),
    ...(project_id === undefined ? [] : [`project_id = ${put(project_id)}::uuid`]),
    ...(client_name === undefined ? [] : [`client_key = lower(${put(client_name)})`]),
    ...(created_by === undefined ? [] : [`created_by = ${put(created_by)}::uuid`]),
    ...(among === undefined ? [] : [`id = any(${put(among)}::uuid[])`]),
    ...(among === undefined && q !== undefined ? [`search @@ orbit.query_of(${put(q)})`] : []),
  ];
}

/** The scopes in use that have certain words, where they are at most so many; else null. */
export function scopesWith(
  { q, status, project_id, client_name, created_by }: ScopeFilters,
  most: number,
): Statement<{ ids: readonly string[] | null }> {
  return statement<{ ids: readonly string[] | null }>(
    'select to_jsonb(orbit.scopes_with($1, $2::jsonb, $3)) as ids',
    [q ?? '', JSON.stringify({ status, project_id, client_name, created_by }), most],
  );
}
