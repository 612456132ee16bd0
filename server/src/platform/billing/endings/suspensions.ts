import { type Database, statement } from '#platform/db';
import type { Queue } from '#platform/queue';
import type { Inbox } from '../inbox/inbox.ts';
import type { ObjectRef } from '../facts.ts';
import type { ProviderMode } from '../payment-provider.ts';

const JOB = 'billing.suspensions';
/** So many at a time: what is left over the next run finds. */
const MOST = 50;

export interface SuspensionsParts {
  readonly db: Database;
  readonly inbox: Pick<Inbox, 'refresh'>;
  /** Providers that sell here. */
  readonly sellers: readonly ProviderMode[];
  readonly jobs: Pick<Queue, 'handle' | 'schedule'>;
}

/** Reads what was not paid in time once more. */
export interface Suspensions {
  /**
   * Refreshes unpaid subscriptions and invoices whose promised days are over: a paid one goes on, and for an unpaid one the account is
   * told. Answers how many there were.
   */
  run(): Promise<number>;
}

/** Registers the job that does so each minute. The plan itself ends at its instant without it. */
export function createSuspensions({ db, inbox, sellers, jobs }: SuspensionsParts): Suspensions {
  const suspensions: Suspensions = {
    async run() {
      let found = 0;
      for (const seller of sellers) {
        const [over] = await db.system('billing.endings', [untoldSuspensions(seller)]);
        found += over.length;
        const refs = over.flatMap(({ subscription, invoice }): ObjectRef[] => [
          { kind: 'subscription', id: subscription },
          { kind: 'invoice', id: invoice },
        ]);
        if (refs.length > 0) await inbox.refresh(seller, refs);
      }
      return found;
    },
  };
  if (sellers.length === 0) return suspensions;
  jobs.handle({
    kind: JOB,
    attempts: 1,
    run: async () => void (await suspensions.run()),
    giveUp: () => Promise.resolve(),
  });
  jobs.schedule({ name: JOB, cron: '* * * * *', kind: JOB });
  return suspensions;
}

interface UntoldSuspension {
  readonly subscription: string;
  readonly invoice: string;
}

/** Compares the latest promised end of the invoice. */
const untoldSuspensions = ({ provider, mode }: ProviderMode) =>
  statement<UntoldSuspension>(
    `select s.store_id as subscription, i.store_id as invoice
     from billing.subscriptions s join billing.invoices i on i.store = s.store and i.mode = s.mode and i.subscription = s.store_id
     where s.store = $1 and s.mode = $2 and s.state = 'past_due' and s.suspended_by = 'payment' and s.suspends_at <= app.now() and i.state in ('open', 'uncollectible')
       and (select max(t.grace_ends_at) from billing.told_failures t
            where (t.account_id, t.store, t.mode, t.invoice) = (i.account_id, i.store, i.mode, i.store_id) and (t.nth > 0 or i.due_at is not null)) <= app.now()
       and not exists (select from billing.notices n
         where n.account_id = i.account_id and n.kind = 'subscription_suspended' and n.about = i.store_id)
     order by s.suspends_at limit ${MOST}`,
    [provider, mode],
  );
