import { commitPoint, type Database, type Statement, statement, type Transaction } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';
import { managersOf } from '#platform/limits';
import type { Mail } from '#platform/mail';
import type { Queue } from '#platform/queue';
import type { Webhooks } from '#platform/webhooks';
import type { Inbox } from '../inbox/inbox.ts';
import type { Mode } from '../payment-provider.ts';
import { type NoticeKind, noticeTexts, type ToldSubscription } from './texts.ts';

const TELL = commitPoint('billing.notices-told', 'notices before a charge, with their mails and events');
const JOB = 'billing.notices';
/** Subscriptions that are read once more, and notices of one commit. */
const BATCH = 50;

export interface NoticesParts {
  readonly db: Database;
  readonly jobs: Pick<Queue, 'handle' | 'schedule'>;
  readonly inbox: Pick<Inbox, 'refresh'>;
  readonly catalogues: ReadonlyMap<string, Catalogue>;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  /** The mode in which Stripe sells; undefined: no sales here. */
  readonly mode: Mode | undefined;
  readonly reachedAt: () => string;
}

/** Notices of accounts that are charged soon (docs/billing.md, Notices before a charge). */
export interface Notices {
  /** Reads the subscriptions of due notices once more, and tells those that are due still. Answers how many were told. */
  run(): Promise<number>;
}

/** Registers the job that does so each hour. */
export function createNotices(parts: NoticesParts): Notices {
  const { db, jobs, inbox, mail, webhooks, mode } = parts;
  if (mode === undefined) return { run: () => Promise.resolve(0) };
  const run = async (): Promise<number> => {
    let told = 0;
    for (;;) {
      const [due] = await db.system('billing.notices', [dueSubscriptions(mode)]);
      if (due.length === 0) break;
      // Finds an end or a new card that no event told of. While Stripe is away, the rows decide.
      await inbox.refresh(
        { provider: 'stripe', mode },
        due.map(({ store_id: id }) => ({ kind: 'subscription', id })),
      );
      told += await db.system('billing.notices', TELL, (tx) => tellIn(parts, tx, noteDue(mode, due)));
      if (due.length < BATCH) break;
    }
    if (told === 0) return told;
    webhooks.wake();
    mail.wake();
    return told;
  };
  jobs.handle({
    kind: JOB,
    attempts: 1,
    run: async () => void (await run()),
    giveUp: () => Promise.resolve(),
  });
  jobs.schedule({ name: JOB, cron: '41 * * * *', kind: JOB });
  return { run };
}

async function tellIn(
  { catalogues, mail, webhooks, reachedAt }: NoticesParts,
  tx: Transaction,
  order: Statement<NotedRow>,
): Promise<number> {
  const notices = await tx.run(order);
  const page = `${reachedAt()}/app/plan`;
  for (const { account_id: accountId, kind, about, ...subscription } of notices) {
    const { id, product, plan, trial_ends_at: end, ends_unpaid } = subscription;
    const data = { subscription_id: id, product, plan: `${product}.${plan}`, ends_unpaid };
    const people = await tx.run(managersOf(accountId));
    await tx.runAll([
      ...(kind === 'trial_ends' && end !== null
        ? webhooks.emitting({
            type: 'trial.ending',
            accountId,
            id: about,
            data: { ...data, trial_ends_at: end.toISOString() },
          })
        : []),
      ...people.flatMap(({ user_id: userId, email: to, account }) =>
        mail.sending({
          to,
          accountId,
          userId,
          product,
          once: `${kind} ${about} ${userId}`,
          template: kind,
          facts: { account, ...noticeTexts(kind, { ...subscription, page }, catalogues.get(product)) },
        }),
      ),
    ]);
  }
  return notices.length;
}

interface DueSubscription {
  readonly account_id: AccountId;
  readonly store_id: string;
}

const dueSubscriptions = (mode: Mode) =>
  statement<DueSubscription>(
    `select distinct account_id, store_id from billing.due_notices($1) order by account_id, store_id limit ${BATCH}`,
    [mode],
  );

type NotedRow = Omit<ToldSubscription, 'page'> & {
  readonly account_id: AccountId;
  readonly kind: NoticeKind;
  readonly about: string;
};

/** Notes the notices of some subscriptions, and answers those that are new. */
const noteDue = (mode: Mode, due: readonly DueSubscription[]) =>
  statement<NotedRow>(
    `with due as (select * from billing.due_notices($1) where store_id = any ($2::text[])),
       noted as (insert into billing.notices (account_id, kind, about) select account_id, kind, about from due
         on conflict do nothing returning account_id, kind, about)
     select account_id, kind, about, due.former_amount, s.id, s.product, s.plan, s.cycle, s.quantity, s.unit_amount, s.currency, s.trial_ends_at,
       s.period_ends_at, s.next_plan, s.next_cycle, s.next_quantity, s.next_at, s.next_unit_amount, s.card_expires_at, s.ends_unpaid
     from noted join due using (account_id, kind, about) join billing.subscriptions s using (account_id, id) order by account_id, kind, about`,
    [mode, due.map(({ store_id }) => store_id)],
  );
