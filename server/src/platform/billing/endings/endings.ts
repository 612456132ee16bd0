import { commitPoint, type Database } from '#platform/db';
import type { Queue } from '#platform/queue';
import { AppError } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import type { Inbox } from '../inbox/inbox.ts';
import type { SubscriptionEnder } from '../payment-provider.ts';
import {
  customersToDelete,
  markEnded,
  customerDeleted,
  refusedTrials,
  toFollowUp,
  claimToEnd,
  claimToResume,
  type ClaimedEnding,
  deleteEnding,
} from './endings-store.ts';

const TAKEN = commitPoint(
  'billing.ending-taken',
  'that a payment provider is about to be asked to end a subscription, or to let it go on',
);
const TOLD = commitPoint(
  'billing.ending-told',
  'that a payment provider has ended a subscription with its account, or lets it go on',
);
const FORGOTTEN = commitPoint(
  'billing.customer-forgotten',
  'that a payment provider has deleted a customer who was erased here',
);

const JOB = 'billing.endings';

export interface EndingsParts {
  readonly db: Database;
  readonly jobs: Pick<Queue, 'handle' | 'schedule'>;
  readonly inbox: Pick<Inbox, 'refresh'>;
  readonly log: Pick<Logger, 'info' | 'error'>;
  /** The providers whose subscriptions this server can end; none: nothing is sold here. */
  readonly enders: readonly SubscriptionEnder[];
}

/** Ends or resumes subscriptions at the provider when their account is closed, opened again or erased (docs/erasure.md), and ends refused trials. */
export interface Endings {
  /**
   * Asks the provider to end subscriptions of closed accounts with their period, to resume those of accounts that are open again, to end
   * refused trials, to follow up changes (a new card is tried on what is owed), and to delete erased customers, which ends their
   * subscriptions at once. The rows alone say what to do, so the next run goes on where one died. Answers how many were done; throws if one
   * failed.
   */
  run(): Promise<number>;
}

/** Registers the job that does so each minute. */
export function createEndings(parts: EndingsParts): Endings {
  const { jobs, enders } = parts;
  const endings: Endings = {
    async run() {
      const done = await Promise.all(enders.map((ender) => runAt(parts, ender)));
      return done.reduce((sum, one) => sum + one, 0);
    },
  };
  if (enders.length > 0) {
    jobs.handle({
      kind: JOB,
      attempts: 1,
      run: async () => void (await endings.run()),
      giveUp: () => Promise.resolve(),
    });
    jobs.schedule({ name: JOB, cron: '* * * * *', kind: JOB });
  }
  return endings;
}

/** A request to a payment provider, and the note of its success. */
interface ProviderRequest {
  readonly id: string;
  readonly what: 'ended' | 'went on' | 'trial ended' | 'followed up' | 'forgotten';
  readonly ask: () => Promise<void>;
  readonly note: () => Promise<unknown>;
}

async function runAt(parts: EndingsParts, ender: SubscriptionEnder): Promise<number> {
  let done = 0;
  const failures: unknown[] = [];
  for (const { id, what, ask, note } of await requestsFor(parts, ender)) {
    try {
      await ask();
      await note();
      done += 1;
      parts.log.info(
        { id, what },
        'a payment provider was told of an account that was closed, opened again or erased, of a trial that is not to be, or of what follows a change',
      );
    } catch (error) {
      failures.push(error);
      parts.log.error(
        { id, what, err: error },
        'a payment provider could not be told of an account that was closed, opened again or erased, of a trial that is not to be, or of what follows a change',
      );
      // The provider is away: the others would fail as slowly.
      if (error instanceof AppError && error.code === 'store_unavailable') break;
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} endings failed`);
  return done;
}

async function requestsFor(
  { db, inbox }: EndingsParts,
  ender: SubscriptionEnder,
): Promise<ProviderRequest[]> {
  const [toEnd, toGoOn] = await db.system('billing.endings', TAKEN, [
    claimToEnd(ender),
    claimToResume(ender),
  ]);
  const [toForget, untried, changed] = await db.system('billing.endings', [
    customersToDelete(ender),
    refusedTrials(ender),
    toFollowUp(ender),
  ]);
  const recordResult = async (telling: typeof markEnded, taken: ClaimedEnding) => {
    await db.system('billing.endings', TOLD, [telling(ender, taken)]);
    await inbox.refresh(ender, [{ kind: 'subscription', id: taken.store_id }]);
  };
  return [
    ...toEnd.map((taken): ProviderRequest => {
      const id = taken.store_id;
      return {
        id,
        what: 'ended',
        ask: () => ender.endWithPeriod(id),
        note: () => recordResult(markEnded, taken),
      };
    }),
    ...toGoOn.map((taken): ProviderRequest => {
      const id = taken.store_id;
      return {
        id,
        what: 'went on',
        ask: () => ender.resume(id),
        note: () => recordResult(deleteEnding, taken),
      };
    }),
    ...untried.map(({ store_id: id }): ProviderRequest => {
      const note = () => inbox.refresh(ender, [{ kind: 'subscription', id }]);
      return { id, what: 'trial ended', ask: () => ender.endTrial(id), note };
    }),
    ...changed.map(({ store_id: id }): ProviderRequest => {
      const note = () => inbox.refresh(ender, [{ kind: 'subscription', id }]);
      return { id, what: 'followed up', ask: () => ender.followUp(id), note };
    }),
    ...toForget.map(
      ({ account_id, customer }): ProviderRequest => ({
        id: customer,
        what: 'forgotten',
        ask: () => ender.deleteCustomer(customer),
        note: () => db.system('billing.endings', FORGOTTEN, customerDeleted(ender, account_id, customer)),
      }),
    ),
  ];
}
