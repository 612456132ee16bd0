import { commitPoint, type Database, statement } from '#platform/db';
import type { Queue } from '#platform/queue';
import type { Logger } from '#platform/telemetry';
import type { CreditHolder, CreditToTake, ProviderMode } from '../payment-provider.ts';

const ASKED = commitPoint('billing.credit-asked', 'that a provider is asked to take or give back credit');
const TAKEN = commitPoint(
  'billing.credit-taken',
  'how much of a credit the provider has taken, of money that has gone back',
);

const JOB = 'billing.gone-credits';
/** So many at a time: what is left over the next run finds. */
const MOST = 50;
/** Pause before credit that was missing is looked for again: spent credit may come back. */
const AGAIN = `interval '1 hour'`;

export interface RefundedCreditsParts {
  readonly db: Database;
  readonly jobs: Pick<Queue, 'handle' | 'schedule'>;
  readonly log: Pick<Logger, 'info' | 'error'>;
  /** Undefined: nothing is sold here. */
  readonly holder: CreditHolder | undefined;
}

/** Takes credit whose payment was refunded or disputed (docs/billing.md). */
export interface RefundedCredits {
  /**
   * Takes refunded credit at the provider, and gives back what is no longer due. The rows say what to do and the provider knows what it did,
   * so the next run goes on where one died. Answers how many were due; throws if one failed.
   */
  run(): Promise<number>;
}

/** Registers the job that does so each minute. */
export function createRefundedCredits(parts: RefundedCreditsParts): RefundedCredits {
  const { jobs, holder } = parts;
  const credits: RefundedCredits = {
    run: () => (holder === undefined ? Promise.resolve(0) : runAt(parts, holder)),
  };
  if (holder === undefined) return credits;
  jobs.handle({
    kind: JOB,
    attempts: 1,
    run: async () => void (await credits.run()),
    giveUp: () => Promise.resolve(),
  });
  jobs.schedule({ name: JOB, cron: '* * * * *', kind: JOB });
  return credits;
}

async function runAt({ db, log }: RefundedCreditsParts, holder: CreditHolder): Promise<number> {
  const [due] = await db.system('billing.credits', [creditsToTake(holder)]);
  const failures: unknown[] = [];
  for (const credit of due) {
    const { subscription, amount } = credit;
    try {
      await db.system('billing.credits', ASKED, [noteAsked(holder, credit)]);
      const taken = await holder.take(credit);
      await db.system('billing.credits', TAKEN, [noteTaken(holder, { ...credit, taken })]);
      log.info({ subscription, due: amount, taken }, 'credit of money that has gone back was taken');
    } catch (error) {
      failures.push(error);
      log.error({ subscription, err: error }, 'credit of money that has gone back could not be taken');
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} credits failed`);
  return due.length;
}

const creditsToTake = ({ provider, mode }: ProviderMode) =>
  statement<CreditToTake>(
    `select c.account_id, c.store_id as subscription, o.customer, c.currency, c.due as amount
     from billing.gone_credits c
     join billing.objects o on o.store = c.store and o.mode = c.mode and o.kind = 'subscription' and o.object_id = c.store_id
     where c.store = $1 and c.mode = $2 and c.due <> c.taken and o.customer is not null
       and (c.asked_at is null or c.asked_at <= app.now() - ${AGAIN})
     order by c.asked_at nulls first limit ${MOST}`,
    [provider, mode],
  );

/** Below 0 `taken` differs from each amount due, so that the next run asks the provider what it did. */
const noteAsked = ({ provider, mode }: ProviderMode, { account_id: accountId, subscription }: CreditToTake) =>
  statement(
    `update billing.gone_credits set taken = least(taken, -1 - taken), updated_at = app.now()
     where account_id = $1 and store = $2 and mode = $3 and store_id = $4`,
    [accountId, provider, mode, subscription],
  );

/** Upserts: if the row was deleted meanwhile, a new one has the credit given back. */
const noteTaken = (
  { provider, mode }: ProviderMode,
  { account_id: accountId, subscription, currency, amount, taken }: CreditToTake & { readonly taken: number },
) =>
  statement(
    `insert into billing.gone_credits as present (account_id, store, mode, store_id, currency, due, taken)
       select account_id, $2, $3, $4, $5, 0, $7 from accounts.accounts where account_id = $1
     on conflict (account_id, store, mode, store_id) do update set taken = excluded.taken, updated_at = app.now(),
       asked_at = case when present.due = $6 then app.now() end`,
    [accountId, provider, mode, subscription, currency, amount, taken],
  );
