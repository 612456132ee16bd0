import type { AccountId, Caller, Origin, UserId } from 'plinth/product';

/** The reader or writer: a member of an account. */
export interface MemberKey {
  readonly accountId: AccountId;
  readonly userId: UserId;
}

/** An item of memory, by the server's id, and its reader or writer. */
export interface ItemKey extends MemberKey {
  readonly id: string;
}

export type Level = 'private' | 'team' | 'organization';

/** A row of an item. */
export interface ItemRow {
  readonly id: string;
  readonly author_id: UserId;
  readonly level: Level;
  readonly team_id: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** For whom something is. */
export interface Audience {
  readonly level: Level;
  /** With the level `team` alone. */
  readonly teamId: string | null;
}

/** The same as a call says it: without a level the member's default goes. */
export interface AskedAudience {
  readonly level?: Level | undefined;
  readonly teamId: string | null;
}

/** The caller who changes a level, and from where. */
export interface ChangeRequest {
  readonly caller: Pick<Caller, 'userId' | 'keyId'>;
  readonly origin: Origin;
}

export const scopeOf = ({ accountId, userId }: MemberKey) => ({ account: accountId, user: userId });

/** Which rows of a table of members a member may read, by its alias: account `$1`, user `$2`. Row security says it too. */
export const readable = (alias: string): string =>
  `${alias}.account_id = $1 and (${alias}.author_id = $2 or ${alias}.level = 'organization' or (${alias}.level = 'team' and ${alias}.team_id in (
  select t.team_id from accounts.team_members t where t.account_id = $1 and t.user_id = $2)))`;
