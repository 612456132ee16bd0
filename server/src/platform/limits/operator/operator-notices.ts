import { commitPoint, type Database, type Statement, statement, type Transaction } from '#platform/db';
import type { UserId } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import { dollars } from '../usage/alert-facts.ts';
import type { SelectionRow } from './operator.ts';

const TELL = commitPoint(
  'limits.budget-told',
  'a budget of the operator’s that closed, told: its event and its mails',
);

/** A budget of the operator that is spent for the day, and for which no notice was sent yet. */
interface ClosedRow extends SelectionRow {
  readonly id: string;
  /** Micro-dollars. */
  readonly daily: number;
  readonly spent: number;
  /** The UTC day, as windows have it. */
  readonly day: number;
  readonly resets_at: Date;
}

export interface OperatorNoticesParts {
  readonly db: Database;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
}

/** Tells the operator that a budget of theirs has closed: a webhook event, and a mail to each platform admin. */
export interface OperatorNotices {
  /** Tells what is due; answers how many. Mark, event and mails of a budget are one commit. */
  tell(): Promise<number>;
}

/**
 * Closed budgets follow from what was spent of them: if a process dies, the next one finds them. A notice is sent once a day
 * and amount, by the process that marks it first: a budget that is raised and spent again gets another notice. A budget that was
 * closed by hand gets none.
 */
export function createOperatorNotices(parts: OperatorNoticesParts): OperatorNotices {
  const { db, webhooks, mail } = parts;
  return {
    async tell() {
      const [due] = await db.system('limits.operator', [closedBudgets()]);
      let told = 0;
      for (const budget of due) {
        told += await db.system('limits.operator', TELL, (tx) => tellOne(parts, tx, budget));
      }
      if (told > 0) {
        webhooks.wake();
        mail.wake();
      }
      return told;
    },
  };
}

async function tellOne(parts: OperatorNoticesParts, tx: Transaction, budget: ClosedRow): Promise<number> {
  const marked = await tx.run(mark(budget));
  if (marked.length === 0) return 0;
  const id = `${budget.id} ${budget.day} ${budget.daily}`;
  const admins = await tx.run(platformAdmins());
  await tx.runAll([
    ...parts.webhooks.emitting({ type: 'operator_budget.closed', id, data: dataOf(budget) }),
    ...admins.flatMap((admin) => mailTo(parts, budget, { ...admin, id })),
  ]);
  return 1;
}

function mailTo(
  { mail }: OperatorNoticesParts,
  budget: ClosedRow,
  to: { readonly user_id: UserId; readonly email: string; readonly id: string },
): readonly Statement[] {
  return mail.sending({
    to: to.email,
    template: 'operator_budget_closed',
    facts: {
      budget: wordsOf(budget),
      spent: dollars(budget.spent),
      daily: dollars(budget.daily),
      until: `${budget.resets_at.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    },
    userId: to.user_id,
    once: `operator_budget_closed ${to.id} ${to.user_id}`,
  });
}

/** Data for receivers of webhooks; amounts are micro-dollars. */
function dataOf({ id, product, feature, provider, plan, spent, daily, resets_at }: ClosedRow) {
  const selection = { product, feature, provider, plan };
  return {
    budget_id: id,
    ...selection,
    used: spent,
    max: daily,
    resets_at: resets_at.toISOString(),
  };
}

/** `product reel, provider openai`, as `plinth budget` names it. */
function wordsOf({ product, feature, provider, plan }: ClosedRow): string {
  const named = Object.entries({ product, feature, provider, plan }).filter(([, value]) => value !== null);
  return named.length === 0 ? 'all calls' : named.map(([what, value]) => `${what} ${value}`).join(', ');
}

const closedBudgets = () =>
  statement<ClosedRow>(
    `select b.id, b.product, b.feature, b.provider, b.plan, b.daily, s.spent, d.day, limits.instant(d.day) + interval '1 day' as resets_at
     from limits.operator_budgets b cross join (select limits.window_start('day', app.now()) as day) as d
     cross join lateral (select coalesce(sum(o.spent), 0)::bigint as spent from limits.operator_spending o
       where o.budget_id = b.id and o.day = d.day) as s
     where b.daily is not null and b.daily > 0 and s.spent >= b.daily and (b.told_day, b.told_daily) is distinct from (d.day, b.daily)
     order by b.id`,
  );

/** Nothing, if another process was faster. */
const mark = ({ id, day, daily }: ClosedRow) =>
  statement<{ id: string }>(
    `update limits.operator_budgets set told_day = $2, told_daily = $3, updated_at = app.now()
     where id = $1 and (told_day, told_daily) is distinct from ($2::bigint, $3::bigint) returning id`,
    [id, day, daily],
  );

/** Recipients of mails about the operator's affairs. */
export const platformAdmins = () =>
  statement<{ user_id: UserId; email: string }>(
    `select user_id, email from identity.users where role = 'admin' and status = 'active' and email is not null order by user_id`,
  );
