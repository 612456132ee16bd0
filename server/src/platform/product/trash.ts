import { type CommitPoint, type Database, declareLongUses, type Statement, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';

/** Uses of `db.system` by the kit, with the reason why no single account or user owns the work. */
export const productSystemUses = {
  'product.purge': 'items of all accounts that were in the trash of a product for 30 days go',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof productSystemUses> {}
}

declareLongUses('product.purge');

/** Days after which what was put into the trash is deleted for good. */
export const DAYS_IN_TRASH = 30;
const PURGED_AT_ONCE = 1_000;

/** The statements of soft delete. */
export interface Trash {
  /** Puts a row into the trash; one that lies there stays as it is. */
  trashing(accountId: AccountId, id: string): Statement;
  /** Takes a row out of the trash; one in use stays as it is. */
  restoring(accountId: AccountId, id: string): Statement;
  /** Deletes some of the rows of all accounts that were put into the trash that many days ago; answers their ids. */
  purging(of: { readonly days: number; readonly most: number }): Statement<{ id: string }>;
}

/**
 * The trash of a table (`reel.assets`): rows with a `deleted_at` lie in it. The table has `version` and `updated_at` too,
 * and a partial index on `deleted_at` for the purge. Lists and reads leave out what lies in it by themselves.
 */
export function trashOf(table: string): Trash {
  const moveStatement = (deletedAt: string, from: string) => (accountId: AccountId, id: string) =>
    statement(
      `update ${table} set deleted_at = ${deletedAt}, version = version + 1, updated_at = app.now()
       where account_id = $1 and id = $2 and deleted_at is ${from}`,
      [accountId, id],
    );
  return {
    trashing: moveStatement('app.now()', 'null'),
    restoring: moveStatement('null', 'not null'),
    purging: ({ days, most }) =>
      statement<{ id: string }>(
        `with chosen as materialized (
           select account_id, id from ${table} where deleted_at < (select app.now() - make_interval(days => $1))
           order by deleted_at limit $2 for update skip locked)
         delete from ${table} a using chosen where a.account_id = chosen.account_id and a.id = chosen.id
         returning a.id`,
        [days, most],
      ),
  };
}

/**
 * Deletes for good what has been in the trash for 30 days, of all accounts, a commit at a time: for a job that runs every
 * night. Answers how many rows.
 */
export async function purgeTrash(db: Database, trash: Trash, point: CommitPoint): Promise<number> {
  for (let purged = 0; ; ) {
    const [gone] = await db.system('product.purge', point, [
      trash.purging({ days: DAYS_IN_TRASH, most: PURGED_AT_ONCE }),
    ]);
    purged += gone.length;
    if (gone.length < PURGED_AT_ONCE) return purged;
  }
}
