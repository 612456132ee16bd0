import { commitPoint, type Database, statement } from 'plinth/product';

const DONE = commitPoint(
  'coditect.memory-pending',
  'some words of a session for the audience of its level, or some messages less of a deleted one',
);

/** Most work of one commit: bytes of words that are hashed for others (some 60,000 words a second), or messages that go. */
export interface PendingShare {
  readonly bytes: number;
  readonly messages: number;
}
const SHARE: PendingShare = { bytes: 400_000, messages: 1_000 };

/** Does what changes of levels and deletions left to be done in large sessions, of all accounts, a commit at a time. */
export async function doPending(db: Database, { bytes, messages }: PendingShare = SHARE): Promise<void> {
  const next = statement<{ more: boolean }>('select coditect.do_pending($1, $2) as more', [bytes, messages]);
  for (let isMore = true; isMore; ) {
    const [[row]] = await db.system('coditect.pending', DONE, [next]);
    isMore = row?.more === true;
  }
}
