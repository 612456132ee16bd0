import { type AccountId, nextNumber, statement, type UserId } from 'plinth/product';

/** The key of what one member keeps in an account. Other members do not read it. */
export interface MemberKey {
  readonly accountId: AccountId;
  readonly userId: UserId;
}

/** One head numbers all that a member keeps here: changes of records, and backups. */
export const MEMBER_NUMBERS = { heads: 'adiuva.member_heads', key: ['account_id', 'user_id'] } as const;

/** The first statement of all that changes what a member keeps: from here to the commit no other change of theirs goes on. */
export const takeNumber = ({ accountId, userId }: MemberKey) =>
  statement<{ seq: number }>(
    `with head as (
       ${nextNumber(MEMBER_NUMBERS, ['$1', '$2'])})
     select seq::double precision as seq from head`,
    [accountId, userId],
  );

export const findHead = ({ accountId, userId }: MemberKey) =>
  statement<{ found: number }>(
    'select 1 as found from adiuva.member_heads where account_id = $1 and user_id = $2',
    [accountId, userId],
  );

/** The number that was taken. */
export function numberIn(row: { readonly seq: number } | undefined): number {
  if (row === undefined) throw new Error('no number was taken');
  return row.seq;
}

/** Notes who of all accounts is no member any more, and who is one again. */
export const noteDeparted = () =>
  statement(
    `update adiuva.member_heads h set left_at = case when h.left_at is null then app.now() end, updated_at = app.now()
     where (h.left_at is null) is distinct from exists (
       select from accounts.members m where m.account_id = h.account_id and m.user_id = h.user_id)`,
  );

/** Some of those who left so many days ago, or were erased. */
export const departedMembers = (days: number, most: number) =>
  statement<{ account_id: AccountId; user_id: UserId }>(
    `select account_id, user_id from adiuva.member_heads h
     where left_at is not null and (left_at < (select app.now() - make_interval(days => $1))
       or not exists (select from identity.users u where u.user_id = h.user_id))
     order by left_at limit $2`,
    [days, most],
  );

/** Deletes some of what a member keeps; answers the files that it was. */
export const deleteKept = ({ accountId, userId }: MemberKey, most: number) =>
  statement<{ blob_id: string }>(
    `with records as (
       delete from adiuva.records where ctid = any(array(
         select ctid from adiuva.records where account_id = $1 and user_id = $2 and deleted_at is null limit $3 for update))
       returning blob_id::uuid as blob_id),
     backups as (delete from adiuva.backups where account_id = $1 and user_id = $2 returning blob_id)
     select blob_id from records union all select blob_id from backups`,
    [accountId, userId, most],
  );

/** Deletes the head of a member who keeps nothing here, with what is left of deleted records. */
export const deleteHead = ({ accountId, userId }: MemberKey) =>
  statement('delete from adiuva.member_heads where account_id = $1 and user_id = $2', [accountId, userId]);
