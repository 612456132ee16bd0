import {
  type AccountId,
  nextNumber,
  type NumberedChanges,
  type Statement,
  statement,
  type UserId,
} from 'plinth/product';

/** How what becomes of scopes is numbered. */
export const SCOPE_CHANGES: NumberedChanges = {
  heads: 'orbit.scope_heads',
  changes: 'orbit.scope_changes',
  since: 'created_at',
  key: ['account_id', 'scope_id'],
};

/** Whose scope. */
export interface ScopeKey {
  readonly accountId: AccountId;
  readonly scopeId: string;
}

/** A change as it is stored. */
export interface StoredChange extends ScopeKey {
  /** Id of its line in the feeds. */
  readonly id: string;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly actor: UserId | undefined;
}

/**
 * Minutes within which what one person does again and again is one line of the feeds: a client that saves while a user writes
 * would fill them.
 */
const ONE_LINE_MINUTES = 10;

/** How lines of a kind are told apart: each is one; one for each section or comment; one for the scope. */
type LineFor = 'change' | 'target' | 'scope';

const LINES: Readonly<Record<string, LineFor>> = {
  'scope.updated': 'scope',
  'section.added': 'scope',
  'section.moved': 'scope',
  'section.deleted': 'scope',
  'section.updated': 'target',
  'comment.updated': 'target',
};

/**
 * Numbers a change, and writes its line in the feeds. The number is taken under a lock that is held to the commit: a reader of
 * a number has all before it.
 */
export const recordChange = ({ accountId, scopeId, id, kind, data, actor }: StoredChange) =>
  statement<{ seq: string }>(
    `with head as (
       ${nextNumber(SCOPE_CHANGES, ['$1', '$2'])}),
     change as (
       insert into orbit.scope_changes (account_id, scope_id, seq, kind, data, actor_user)
       select $1, $2, seq, $3, $4::jsonb, $5 from head returning seq),
     line as (
       insert into orbit.activities (account_id, id, scope_id, kind, data, actor_user)
       select $1, $6, $2, $3, $4::jsonb, $5
       where $7::text = 'change' or not exists (
         select from orbit.activities a where a.account_id = $1 and a.scope_id = $2 and a.kind = $3
           and a.created_at > (select app.now() - make_interval(mins => $8)) and a.actor_user is not distinct from $5
           and ($7 = 'scope' or (a.data ->> 'section_id', a.data ->> 'comment_id')
             is not distinct from ($4::jsonb ->> 'section_id', $4::jsonb ->> 'comment_id'))))
     select seq::text as seq from change`,
    [
      accountId,
      scopeId,
      kind,
      JSON.stringify(data),
      actor ?? null,
      id,
      LINES[kind] ?? 'change',
      ONE_LINE_MINUTES,
    ],
  );

/** A line of the feeds that is of no scope. */
export const recordLine = ({ accountId, id, kind, data, actor }: Omit<StoredChange, 'scopeId'>) =>
  statement(
    `insert into orbit.activities (account_id, id, kind, data, actor_user) values ($1, $2, $3, $4::jsonb, $5)`,
    [accountId, id, kind, JSON.stringify(data), actor ?? null],
  );

/** A change with how far its scope has come, as one look saw them; without a change where there is none of those asked for. */
export interface ChangeRow {
  readonly head: number;
  readonly pruned: number;
  readonly seq: number | null;
  readonly kind: string | null;
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly actor_user: UserId | null;
  readonly at: Date | null;
}

/**
 * The changes of a scope after a number, the oldest first, and how far it has come: in one statement, so that what was pruned and
 * what is there are of one instant. No row: nothing has become of it yet.
 */
export const changesAfter = ({ accountId, scopeId }: ScopeKey, after: number, limit: number) =>
  statement<ChangeRow>(
    `select h.seq::double precision as head, h.pruned::double precision as pruned, c.seq::double precision as seq, c.kind, c.data, c.actor_user, c.created_at as at
     from orbit.scope_heads h left join lateral (
       select * from orbit.scope_changes c where c.account_id = $1 and c.scope_id = $2 and c.seq > $3::bigint
       order by c.seq limit $4) c on true
     where h.account_id = $1 and h.scope_id = $2 order by c.seq`,
    [accountId, scopeId, after, limit],
  );

/** How far each of the followed scopes of all accounts has come. */
export const headsOf = (scopes: readonly ScopeKey[]): Statement<{ scope_id: string; seq: number }> =>
  statement(
    `select h.scope_id, h.seq::double precision as seq from orbit.scope_heads h
     join unnest($1::uuid[], $2::uuid[]) as asked (account_id, scope_id) using (account_id, scope_id)`,
    [scopes.map(({ accountId }) => accountId), scopes.map(({ scopeId }) => scopeId)],
  );
