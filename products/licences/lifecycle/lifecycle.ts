import {
  type AccountId,
  commitPoint,
  type EntitlementChange,
  type ProductContext,
  systemRandom,
  type Transaction,
} from 'plinth/product';
import { newKey } from '../licenses/key.ts';
import { keptKey } from '../licenses/license.ts';
import { type HeadRow, readHead } from '../licenses/store.ts';
import { type LifecycleEvent, recordIn, type Transition, writeTransitionIn } from './apply.ts';
import type { Letters } from './letters.ts';
import { begunAccounts, insertLicense, lapsedAccounts, lockLicense, type NewLicense } from './store.ts';

const LAPSED = commitPoint('coditect.lapse', 'how a licence stands whose plan changed by time alone');
const BEGUN = commitPoint(
  'coditect.begun',
  'a licence of a plan that was given for later, and its mails to write',
);
/** Licences that one run of the schedule looks at. */
const MOST = 1_000;

export interface Lifecycle {
  /** Issues, renews, suspends or ends a licence in the commit that changes what its account holds. */
  applyIn(tx: Transaction, change: EntitlementChange): Promise<void>;
  /** Writes down how licences stand whose plan changed by time alone, of all accounts. Answers how many. */
  lapse(): Promise<number>;
  /** Issues the licences of accounts whose first plan with seats was given for later, and is in effect by now. Answers how many. */
  begin(): Promise<number>;
}

export type SettlingParts = Pick<ProductContext, 'audit' | 'limits'> & {
  readonly letters: Pick<Letters, 'enqueueing'>;
};
type Parts = SettlingParts & Pick<ProductContext, 'db' | 'ids' | 'secrets'>;

export function createLifecycle(parts: Parts): Lifecycle {
  const { db } = parts;
  return {
    async applyIn(tx, { accountId, present }) {
      const [former] = await tx.run(lockLicense(accountId));
      if (former !== undefined) return void (await settleIn(parts, tx, { former }));
      if (Number(present.grants['seats'] ?? 0) < 1) return;
      // The owner of a server that was just set up bought nothing.
      if (await issueIn(parts, tx, { accountId, tells: present.source !== 'owner' })) return;
      // Its time has begun this moment, and it was issued because of that.
      const [issued] = await tx.run(lockLicense(accountId));
      if (issued !== undefined) await settleIn(parts, tx, { former: issued });
    },
    async lapse() {
      const [lapsed] = await db.system('coditect.lapses', [lapsedAccounts(MOST)]);
      for (const { account_id: accountId } of lapsed)
        await db.system('coditect.lapses', LAPSED, async (tx) => {
          const [former] = await tx.run(lockLicense(accountId));
          if (former !== undefined) await settleIn(parts, tx, { former });
        });
      return lapsed.length;
    },
    async begin() {
      const [begun] = await db.system('coditect.lapses', [begunAccounts(null, MOST)]);
      for (const { account_id: accountId } of begun)
        await db.system('coditect.lapses', BEGUN, async (tx) => {
          const [still] = await tx.run(begunAccounts(accountId, 1));
          if (still !== undefined) await issueIn(parts, tx, { accountId, tells: true });
        });
      return begun.length;
    },
  };
}

/** Writes down how a licence stands now, and tells of what became of it: in the audit, and by mail. */
export async function settleIn(
  parts: SettlingParts,
  tx: Transaction,
  { former, by }: Pick<Transition, 'former' | 'by'>,
): Promise<{ readonly head: HeadRow; readonly events: readonly LifecycleEvent[] }> {
  const { account_id: accountId, version } = former;
  const head = await headIn(tx, accountId);
  const events = await writeTransitionIn(parts, tx, { former, head, by });
  await tx.runAll(parts.letters.enqueueing(accountId, events, version));
  return { head, events };
}

async function headIn(tx: Transaction, accountId: AccountId): Promise<HeadRow> {
  const [head] = await tx.run(readHead(accountId));
  if (head === undefined) throw new Error('an account has lost its licence');
  return head;
}

interface IssueOptions {
  readonly accountId: AccountId;
  /** By mail. */
  readonly tells: boolean;
}

/** The key is shown to its readers alone: it is kept as a hash and sealed. False: another has issued it meanwhile. */
async function issueIn(parts: Parts, tx: Transaction, { accountId, tells }: IssueOptions): Promise<boolean> {
  const [inserted] = await tx.run(insertLicense(newLicense(parts, accountId)));
  if (inserted === undefined) return false;
  const [[former], head] = [await tx.run(lockLicense(accountId)), await headIn(tx, accountId)];
  if (former === undefined) throw new Error('a licence was not stored');
  await writeTransitionIn(parts, tx, {
    former: { ...former, tier: head.tier, status: head.status },
    head,
  });
  await recordIn(parts.audit, tx, { accountId, head, event: 'issued' });
  if (tells) await tx.runAll(parts.letters.enqueueing(accountId, ['issued'], 0));
  return true;
}

function newLicense(parts: Parts, accountId: AccountId): NewLicense {
  const place = { accountId, id: parts.ids.next() };
  return { ...place, tier: 'none', ...keptKey(parts, place, newKey(systemRandom)) };
}
