import type { Audit } from '#platform/audit';
import {
  customerUsers,
  dueOrganizations,
  lockDueOrganization,
  lockMemberships,
  lockPersonalAccount,
} from '#platform/accounts';
import { commitPoint, type Database, type DataRule, statement, type Transaction } from '#platform/db';
import { dueUsers, lockDueUser } from '#platform/identity';
import type { AccountId, UserId } from '#platform/kernel';
import { hasOpenPermits } from '#platform/limits';
import type { Logger } from '#platform/telemetry';
import type { Webhooks } from '#platform/webhooks';
import { eraseStatement, type Subject } from './plan.ts';
import { countRows, insertProof, type ProofLine, proofOf } from './proof.ts';

const BEGUN = commitPoint(
  'erasure.begun',
  'that the time of an undo is over, for one who is about to be erased',
);
const ERASED = commitPoint('erasure.erased', 'a person or an organization, erased from all tables at once');

export interface EraserParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  readonly rules: readonly DataRule[];
  /** Removes what lies outside of the database: files of mails. Done again, it finds nothing. */
  readonly removeFiles: (subjects: readonly Subject[]) => Promise<void>;
  /** Deletes stored answers that have expired: those of others may speak of an organization. */
  readonly sweepAnswers: () => Promise<unknown>;
  readonly log: Pick<Logger, 'info' | 'error'>;
}

/** Erases closed accounts and users. */
export interface Eraser {
  /** Erases all who were closed 14 days ago, one after the other. Answers how many; throws when one could not be. */
  run(): Promise<number>;
}

/** A user who is due: themselves, and what goes with them. */
interface Due {
  /** Locks them and looks again; none: they are gone, or were opened again. */
  readonly lock: (tx: Transaction) => Promise<readonly Subject[] | undefined>;
  readonly action: 'user.erased' | 'account.erased';
  readonly id: string;
}

export function createEraser(parts: EraserParts): Eraser {
  const { db, log } = parts;
  return {
    async run() {
      await parts.sweepAnswers();
      const [organizations, users] = await db.system('erasure.run', [dueOrganizations, dueUsers]);
      const due = [
        ...organizations.map(({ account_id }) => organizationDue(account_id)),
        ...users.map(({ user_id }) => userDue(user_id)),
      ];
      let erased = 0;
      const failures: unknown[] = [];
      for (const one of due) {
        try {
          if (await erase(parts, one)) erased += 1;
        } catch (error) {
          failures.push(error);
          log.error({ id: one.id, err: error }, 'an erasure failed');
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, `${failures.length} erasures failed`);
      return erased;
    },
  };
}

function organizationDue(id: AccountId): Due {
  return {
    id,
    action: 'account.erased',
    async lock(tx) {
      const [organization] = await tx.run(lockDueOrganization(id));
      if (organization === undefined) return undefined;
      // Users of a customer are of that alone: they have no address and nothing else.
      const users = await tx.run(customerUsers(id));
      return [
        { kind: 'account', id },
        ...users.map(({ user_id }) => ({ kind: 'user', id: user_id, email: null }) as const),
      ];
    },
  };
}

function userDue(id: UserId): Due {
  return {
    id,
    action: 'user.erased',
    async lock(tx) {
      await tx.run(lockMemberships(id));
      const [user] = await tx.run(lockDueUser(id));
      if (user === undefined) return undefined;
      const accounts = await tx.run(lockPersonalAccount(id));
      return [
        ...accounts.map(({ account_id }) => ({ kind: 'account', id: account_id }) as const),
        { kind: 'user', id, email: user.email },
      ];
    },
  };
}

/**
 * Erases one. First it is committed that the time of the undo is over: an undo that waits for the same lock looks again
 * and is refused. Then files go, which no rollback brings back; then all rows, in one commit. A process that dies between
 * them leaves a user who is still due.
 */
async function erase(parts: EraserParts, due: Due): Promise<boolean> {
  const { db, audit, rules, removeFiles, log } = parts;
  const begun = await db.system('erasure.run', BEGUN, (tx) => subjectsIn(tx, due));
  if (begun === undefined) return false;
  await removeFiles(begun);
  const done = await db.system('erasure.run', ERASED, async (tx) => {
    const subjects = await subjectsIn(tx, due);
    if (subjects === undefined) return false;
    await tellIn(parts, tx, subjects);
    const proof = await eraseIn(tx, rules, subjects);
    const { action, id } = due;
    const isAccount = action === 'account.erased';
    await tx.run(insertProof({ kind: isAccount ? 'account' : 'user', id }, proof));
    await audit.recordIn(tx, {
      action,
      actor: { kind: 'system' },
      ...(isAccount ? { accountId: id as AccountId } : {}),
      target: { kind: isAccount ? 'account' : 'user', id },
    });
    return true;
  });
  if (done) {
    parts.webhooks.wake();
    log.info({ id: due.id }, due.action);
  }
  return done;
}

/** Stores the events of erased accounts, while the operator's own ids of them are still known. */
async function tellIn(
  { webhooks }: EraserParts,
  tx: Transaction,
  subjects: readonly Subject[],
): Promise<void> {
  const [{ now } = { now: new Date(0) }] = await tx.run(statement<{ now: Date }>('select app.now() as now'));
  const data = { erased_at: now.toISOString() };
  await tx.runAll(
    subjects.flatMap(({ kind, id }) =>
      kind === 'account' ? webhooks.emitting({ type: 'account.erased', accountId: id, id, data }) : [],
    ),
  );
}

/** Erases them, and answers what was counted of them before and after. */
async function eraseIn(
  tx: Transaction,
  rules: readonly DataRule[],
  subjects: readonly Subject[],
): Promise<ProofLine[]> {
  const before = await tx.runAll(subjects.map((subject) => countRows(rules, subject)));
  for (const subject of subjects) await tx.run(eraseStatement(rules, subject));
  const after = await tx.runAll(subjects.map((subject) => countRows(rules, subject)));
  return subjects.flatMap(({ kind }, place) =>
    proofOf(rules, kind, { before: before[place] ?? [], after: after[place] ?? [] }),
  );
}

/** Those who are due, unless something of theirs is still under way: it is settled first, and the next run finds them. */
async function subjectsIn(tx: Transaction, due: Due): Promise<readonly Subject[] | undefined> {
  const subjects = await due.lock(tx);
  for (const { kind, id } of subjects ?? []) {
    if (kind !== 'account') continue;
    const [permits] = await tx.run(hasOpenPermits(id));
    if (permits?.open === true) return undefined;
  }
  return subjects;
}
