import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';

const OVER = `closed_at <= app.now() - interval '14 days'`;
/** So many at a time: what is left over the next run finds. */
const MOST = 1_000;

/** Users whose time for an undo is over. */
export const dueUsers = statement<{ user_id: UserId }>(
  `select user_id from identity.users where ${OVER} order by closed_at limit ${MOST}`,
);

/**
 * Locks one of them by a write, so that a transaction which waits for the row looks at it anew; no row: they are gone, or back. Without an
 * email where they never showed that it is theirs: it may be another person's.
 */
export const lockDueUser = (userId: UserId) =>
  statement<{ email: string | null }>(
    `update identity.users set updated_at = app.now() where user_id = $1 and ${OVER}
     returning case when email_verified then email end as email`,
    [userId],
  );
