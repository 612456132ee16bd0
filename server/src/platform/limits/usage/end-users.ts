import { commitPoint, type Database, deleteUnheld, statement } from '#platform/db';
import { sha256 } from '#platform/kernel';

const PRUNE = commitPoint('limits.end-users-pruned', 'meters of end users whose windows are over, deleted');

/** Characters of a tag's value in the ledger. */
export const LONGEST_TAG = 128;
const DIGEST = 32;

/** The tag of an end user, by which their budgets count. Two ids are never one: a digest tells those apart that are too long for a tag. */
export function endUserTag(id: string): string {
  if (id.length <= LONGEST_TAG) return id.toWellFormed();
  const digest = sha256(id.toWellFormed()).slice(0, DIGEST);
  return `${id.slice(0, LONGEST_TAG - DIGEST - 1).toWellFormed()}~${digest}`;
}

/** Rows that one commit deletes. */
const BATCH = 5_000;

/** Deletes the meters of end users that count in no present window; answers how many. */
export async function pruneEndUsers(db: Database): Promise<number> {
  const past = deleteUnheld(
    'limits.meters',
    `scope like 'key:%/user:%' and not exists (select from unnest(names, starts) as w (name, start)
       where start >= limits.window_start(case when name like '%daily%' then 'day' else 'month' end, app.now())) limit ${BATCH}`,
  );
  for (let deleted = 0; ; ) {
    const [gone] = await db.system('limits.sweep', PRUNE, [
      statement<{ one: number }>(`${past} returning 1 as one`),
    ]);
    deleted += gone.length;
    if (gone.length < BATCH) return deleted;
  }
}
