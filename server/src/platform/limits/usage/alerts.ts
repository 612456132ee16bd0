import {
  commitPoint,
  type Database,
  deleteUnheld,
  type Statement,
  statement,
  type Transaction,
} from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import type { AccountId, UserId } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import { alertFacts } from './alert-facts.ts';

const TELL = commitPoint('limits.alerts-told', 'alerts of limits, told: their events and their mails');
const PRUNE = commitPoint('limits.alerts-pruned', 'alerts of windows long past, deleted');

/** Alerts that one commit tells. */
const BATCH = 50;

/** An account's use of a limit came to 80 or 100 percent of it. */
export interface AlertRow {
  readonly account_id: AccountId;
  /** The product; of a key's own budget `key:` and its id. */
  readonly scope: string;
  readonly name: string;
  readonly starts: number;
  readonly size: number;
  readonly threshold: number;
  readonly product: string;
  readonly kind: 'quota' | 'credits' | 'budget' | 'tokens' | 'gauge' | 'seats';
  readonly used: number;
  readonly resets_at: string | null;
}

interface DueRow {
  readonly alert: AlertRow;
  /** Whether no higher threshold of the same limit and window was crossed besides. */
  readonly is_last: boolean;
}

export interface AlertsParts {
  /** Whether customers see what model calls cost; without it, mails tell budgets in percent. */
  readonly showModelCost: boolean;
  readonly db: Database;
  readonly catalogues: readonly Catalogue[];
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
}

/** Sends alerts of limits that fill up: each once, by a webhook event and by mail to those who manage the account. */
export interface Alerts {
  /** Tells what is due, some of it at a time; answers how many. Event, mails and mark are one commit. */
  tell(): Promise<number>;
  /** Deletes what can't come again: alerts of windows long past. */
  prune(): Promise<number>;
}

/**
 * The rows are written where use is charged, in that commit (functions/alerts.sql): if the process dies afterwards, they are
 * found here. A jump across both thresholds is two events, and one mail.
 */
export function createAlerts(parts: AlertsParts): Alerts {
  const { db, webhooks, mail } = parts;
  return {
    async tell() {
      const [[idle]] = await db.system('limits.alerts', [isIdle()]);
      if (idle?.idle === true) return 0;
      const told = await db.system('limits.alerts', TELL, async (tx) => {
        const due = await tx.run(dueAlerts());
        for (const one of due) await tellOne(parts, tx, one);
        return due.length;
      });
      if (told > 0) {
        webhooks.wake();
        mail.wake();
      }
      return told;
    },
    async prune() {
      const [gone] = await db.system('limits.alerts', PRUNE, [pruneAlerts()]);
      return gone.length;
    },
  };
}

async function tellOne(parts: AlertsParts, tx: Transaction, { alert, is_last }: DueRow): Promise<void> {
  const id = `${alert.scope} ${alert.name} ${alert.starts} ${alert.size} ${alert.threshold}`;
  const accountId = alert.account_id;
  const mails = is_last ? await mailsOf(parts, tx, { alert, id }) : [];
  await tx.runAll([
    ...parts.webhooks.emitting({ type: 'limit.alert', accountId, id, data: dataOf(alert) }),
    ...usedUp(parts, alert, id),
    ...mails,
    markTold(alert),
  ]);
}

/** The event of credits that are gone. */
function usedUp({ webhooks }: AlertsParts, alert: AlertRow, id: string): readonly Statement[] {
  const { account_id: accountId, product, name: limit, kind, threshold, used } = alert;
  if (kind !== 'credits' || threshold < 100) return [];
  return webhooks.emitting({ type: 'credits.used_up', accountId, id, data: { product, limit, used } });
}

async function mailsOf(
  { mail, catalogues, showModelCost }: AlertsParts,
  tx: Transaction,
  { alert, id }: { readonly alert: AlertRow; readonly id: string },
): Promise<Statement[]> {
  const accountId = alert.account_id;
  const people = await tx.run(managersOf(accountId));
  return people.flatMap(({ user_id: userId, email, account }) =>
    mail.sending({
      to: email,
      template: 'limit_alert',
      facts: alertFacts(alert, { account, catalogues, showModelCost }),
      accountId,
      userId,
      product: alert.product,
      once: `limit_alert ${id} ${userId}`,
    }),
  );
}

/** The data of the webhook event, which operators receive; amounts of a budget are micro-dollars. */
function dataOf({ product, name, scope, kind, threshold, used, size, resets_at }: AlertRow) {
  return {
    product,
    limit: name,
    kind,
    key_id: scope.startsWith('key:') ? scope.slice('key:'.length) : null,
    threshold,
    used,
    max: size,
    resets_at: resets_at === null ? null : new Date(resets_at).toISOString(),
  };
}

const isIdle = () =>
  statement<{ idle: boolean }>('select not exists (select from limits.alerts where told_at is null) as idle');

const dueAlerts = () =>
  statement<DueRow>('select to_jsonb(alert) as alert, is_last from limits.due_alerts($1)', [BATCH]);

/** A person who manages an account, and its name. */
export interface Manager {
  readonly user_id: UserId;
  readonly email: string;
  readonly account: string;
}

/** The people who manage an account: its owners and admins who may sign in. */
export const managersOf = (accountId: AccountId) =>
  statement<Manager>(
    `select m.user_id, u.email, a.name as account from accounts.members m
     join identity.users u on u.user_id = m.user_id join accounts.accounts a on a.account_id = m.account_id
     where m.account_id = $1 and m.role in ('owner', 'admin') and u.status = 'active' and u.email is not null and a.deleted_at is null order by m.user_id`,
    [accountId],
  );

const markTold = ({ account_id, scope, name, starts, size, threshold }: AlertRow) =>
  statement(
    `update limits.alerts set told_at = app.now(), updated_at = app.now()
     where account_id = $1 and scope = $2 and name = $3 and starts = $4 and size = $5 and threshold = $6`,
    [account_id, scope, name, starts, size, threshold],
  );

/** A budget's that was only ever reserved is over with its window; the rest have served when no window comes back to them. */
const pruneAlerts = () =>
  statement<{ account_id: string }>(
    `${deleteUnheld(
      'limits.alerts',
      `told_at is null and kind in ('budget', 'tokens') and resets_at < app.now() - interval '1 day'
         or told_at < app.now() - interval '400 days'`,
    )} returning account_id`,
  );
