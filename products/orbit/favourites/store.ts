import {
  type AccountId,
  instantOf,
  microsecondsOf,
  type Statement,
  statement,
  type TimePosition,
  type UserId,
  valuesOf,
} from 'plinth/product';
import { SCOPE_STATUSES } from '../scopes/scope.ts';

/** Whose favourites, and where. */
export interface Fan {
  readonly accountId: AccountId;
  readonly userId: UserId;
}

/** A scope that a user marked. */
export interface FavouriteRow {
  /** The scope's. */
  readonly id: string;
  readonly title: string;
  readonly client_name: string | null;
  readonly status: (typeof SCOPE_STATUSES)[number];
  readonly created_at: Date;
}

/** Marks a scope that is in use. */
export const insertFavourite = ({ accountId, userId }: Fan, scopeId: string) =>
  statement(
    `insert into orbit.favourites (account_id, user_id, scope_id)
     select $1, $2, s.id from orbit.scopes s where s.account_id = $1 and s.id = $3 and s.deleted_at is null
     on conflict do nothing`,
    [accountId, userId, scopeId],
  );

export const readFavourite = ({ accountId, userId }: Fan, scopeId: string) =>
  statement<FavouriteRow>(
    `select s.id, s.title, s.client_name, s.status, f.created_at
     from orbit.favourites f join orbit.scopes s on s.account_id = f.account_id and s.id = f.scope_id and s.deleted_at is null
     where f.account_id = $1 and f.user_id = $2 and f.scope_id = $3`,
    [accountId, userId, scopeId],
  );

export const deleteFavourite = ({ accountId, userId }: Fan, scopeId: string) =>
  statement('delete from orbit.favourites where account_id = $1 and user_id = $2 and scope_id = $3', [
    accountId,
    userId,
    scopeId,
  ]);

/** Those that are in use, marked last first. */
export function listFavourites(
  { accountId, userId }: Fan,
  { after, limit }: { readonly after: TimePosition | undefined; readonly limit: number },
): Statement<FavouriteRow & TimePosition> {
  const { values, put } = valuesOf(accountId, userId, limit);
  const older =
    after === undefined
      ? ''
      : `and (f.created_at, f.scope_id) < (${instantOf(put(after.at))}, ${put(after.id)}::uuid)`;
  return statement<FavouriteRow & TimePosition>(
    `select s.id, s.title, s.client_name, s.status, f.created_at, ${microsecondsOf('f.created_at')} as at
     from orbit.favourites f join orbit.scopes s on s.account_id = f.account_id and s.id = f.scope_id and s.deleted_at is null
     where f.account_id = $1 and f.user_id = $2 ${older}
     order by f.created_at desc, f.scope_id desc limit $3`,
    values,
  );
}
