import { commitPoint, type ProductContext } from 'plinth/product';
import {
  deleteHead,
  deleteKept,
  departedMembers,
  findHead,
  type MemberKey,
  noteDeparted,
  takeNumber,
} from './store.ts';

const BEGUN = commitPoint('adiuva.member-begun', 'that a member keeps something here');
const NOTED = commitPoint('adiuva.departed-noted', 'who is no member any more, and who is one again');
const FORGOTTEN = commitPoint(
  'adiuva.departed-forgotten',
  'what somebody kept here who has left, their storage given back',
);

/** How long what a member kept here waits for them to come back. */
const DAYS_KEPT = 30;
const AT_ONCE = 500;

/** Deletes what members keep here when they leave: no other member could delete or read it. */
export function createMembers({ db, blobs, vectors }: Pick<ProductContext, 'db' | 'blobs' | 'vectors'>) {
  /** A commit at a time. */
  async function forget(member: MemberKey): Promise<void> {
    const { accountId } = member;
    for (let gone = AT_ONCE; gone > 0; ) {
      gone = await db.tenant(accountId, FORGOTTEN, async (tx) => {
        await tx.run(takeNumber(member));
        const files = await tx.run(deleteKept(member, AT_ONCE));
        for (const { blob_id } of files) await tx.runAll(blobs.forgetting(accountId, blob_id));
        if (files.length === 0) await tx.runAll([vectors.forgetting(member), deleteHead(member)]);
        return files.length;
      });
    }
  }

  return {
    /** To be called before something is kept that takes no number: who has one is seen to leave. */
    async begin(member: MemberKey): Promise<void> {
      const [[head]] = await db.tenant(member.accountId, [findHead(member)]);
      if (head === undefined) await db.tenant(member.accountId, BEGUN, [takeNumber(member)]);
    },
    /** Forgets what people keep who left 30 days ago, and at once what erased ones do. What one run leaves the next one finds. */
    async forgetDeparted(): Promise<void> {
      await db.system('adiuva.departed', NOTED, [noteDeparted()]);
      const [departed] = await db.system('adiuva.departed', [departedMembers(DAYS_KEPT, AT_ONCE)]);
      for (const { account_id: accountId, user_id: userId } of departed) await forget({ accountId, userId });
    },
  };
}

export type Members = ReturnType<typeof createMembers>;
