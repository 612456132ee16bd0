import type { Audit } from '#platform/audit';
import { type Statement, statement, type Transaction } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';
import { type Manager, managersOf } from '#platform/limits';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import { auditEventsOf } from './audit-events.ts';
import { isSent } from '../grace.ts';
import type { BillingRecords } from '../billing-records.ts';
import type { AppliedObject } from '../applied-object.ts';
import { type Notification, type NotificationKind, notificationsOf } from './notifications.ts';
import type { FormerRow } from '../write-rows.ts';
import { BILLING_EVENTS, billingEventsOf, subscriptionChangeOf } from './billing-events.ts';
import { planChangedIn } from './plan-changes.ts';
import { actionTexts, changeTexts, failureTexts } from './texts.ts';

export interface NotifyParts {
  readonly entitlements: Pick<Entitlements, 'catalogues'>;
  readonly webhooks: Pick<Webhooks, 'emitting'>;
  readonly mail: Pick<Mail, 'sending'>;
  readonly audit: Audit;
}

interface NotifyInput {
  readonly applied: AppliedObject;
  readonly before: ReadonlyMap<string, FormerRow>;
  readonly records: BillingRecords;
}

/**
 * Tells what is new: each notice once, in the commit of the rows that it follows from. Of several about one thing that come
 * at once, people are written to of the last alone; and of a recovery only who was told of the failure.
 */
export async function notifyIn(
  parts: NotifyParts,
  tx: Transaction,
  { applied, before, records }: NotifyInput,
): Promise<void> {
  const audited = auditEventsOf(applied, before, records);
  for (const event of audited) await parts.audit.recordIn(tx, event);
  const { accountId } = applied;
  const [[time], known] = await tx.runAll([presentTime(), knownNotifications(accountId)]);
  const now = time?.now ?? new Date(0);
  const all = [
    ...notificationsOf(records, now).map((notice) => withoutReplaced(notice, applied)),
    ...planChangedIn(applied, before, { records, now }),
  ];
  const told = new Set(known.map(keyOf));
  const events = billingEventsOf(records, now).filter((event) => !told.has(keyOf(event)));
  const news = events.filter(({ isNews }) => isNews).map(({ about, event }) => ({ ...event, id: about }));
  await tx.runAll(
    [...news, ...subscriptionChangeOf(audited, records, events)].flatMap((event) =>
      parts.webhooks.emitting({ ...event, accountId }),
    ),
  );
  const fresh = all.filter((notice) => !told.has(keyOf(notice)));
  if (fresh.length + events.length === 0) return;
  await tx.run(insertNotifications(accountId, [...fresh, ...events]));
  if (fresh.length === 0) return;
  const people = await tx.run(managersOf(accountId));
  await tx.runAll(
    [...Map.groupBy(fresh, ({ about }) => about).values()].flatMap((ofOne) => {
      const last = ofOne.findLast(({ kind }) => kind !== 'payment.failed');
      const wasTold = known.some(({ kind, about }) => about === last?.about && !BILLING_EVENTS.has(kind));
      const writes = last !== undefined && last.isNews && (!ONLY_IF_TOLD.has(last.kind) || wasTold);
      return [
        ...ofOne.flatMap((notice) => eventOf(parts, accountId, notice)),
        ...(writes ? mailsOf(parts, { accountId, people, notice: last }) : []),
      ];
    }),
  );
}

/** That it was replaced its provider says with its end, and may tell of the purchase in its place later. */
function withoutReplaced(notice: Notification, { facts: { subscription } }: AppliedObject): Notification {
  const isReplaced = subscription?.isReplaced === true && notice.subscription.store_id === subscription.id;
  return isReplaced && notice.kind === 'subscription_canceled' ? { ...notice, isNews: false } : notice;
}

/** The end of a problem is no news to people who never heard of it. */
const ONLY_IF_TOLD: ReadonlySet<NotificationKind> = new Set(['payment_recovered', 'change_not_paid']);

const keyOf = ({ kind, about }: { readonly kind: string; readonly about: string }) => `${kind} ${about}`;

function eventOf(
  { webhooks }: NotifyParts,
  accountId: AccountId,
  notice: Notification,
): readonly Statement[] {
  const { kind, about, subscription, invoice, charge, graceEndsAt } = notice;
  if (kind !== 'payment.failed' || invoice === undefined) return [];
  return webhooks.emitting({
    type: 'payment.failed',
    accountId,
    id: about,
    data: {
      product: subscription.product,
      plan: `${subscription.product}.${subscription.plan}`,
      subscription_id: subscription.id,
      invoice_id: invoice.id,
      amount: charge?.amount ?? invoice.total,
      currency: charge?.currency ?? invoice.currency,
      failure_code: charge?.failure_code ?? (isSent(invoice) ? 'invoice_overdue' : null),
      failed_at: (charge?.occurred_at ?? invoice.due_at ?? invoice.issued_at).toISOString(),
      grace_ends_at: graceEndsAt?.toISOString() ?? null,
    },
  });
}

interface MailOrder {
  readonly accountId: AccountId;
  readonly people: readonly Manager[];
  readonly notice: Notification;
}

function mailsOf(parts: NotifyParts, { accountId, people, notice }: MailOrder): readonly Statement[] {
  const { kind, about } = notice;
  const { catalogues } = parts.entitlements;
  return people.flatMap(({ user_id: userId, email: to, account }) => {
    const { product } = notice.subscription;
    const letter = { to, accountId, userId, product, once: `${kind} ${about} ${userId}` };
    const words = { account, catalogues };
    switch (kind) {
      case 'payment.failed':
        return [];
      case 'payment_failed':
      case 'invoice_overdue':
      case 'payment_failed_again':
        return parts.mail.sending({ ...letter, template: kind, facts: failureTexts(notice, words) });
      case 'payment_action_required':
        return parts.mail.sending({ ...letter, template: kind, facts: actionTexts(notice, words) });
      case 'change_not_paid':
      case 'subscription_suspended':
      case 'payment_recovered':
      case 'subscription_canceled':
      case 'plan_changed':
      case 'trial_refused':
        return parts.mail.sending({ ...letter, template: kind, facts: changeTexts(notice, words) });
    }
  });
}

const presentTime = () => statement<{ now: Date }>('select app.now() as now');

const knownNotifications = (accountId: AccountId) =>
  statement<{ kind: string; about: string }>(
    'select kind, about from billing.notices where account_id = $1',
    [accountId],
  );

const insertNotifications = (
  accountId: AccountId,
  notices: readonly { readonly kind: string; readonly about: string }[],
) =>
  statement(
    `insert into billing.notices (account_id, kind, about)
     select $1, kind, about from jsonb_to_recordset($2::text::jsonb) as notice (kind text, about text) on conflict do nothing`,
    [accountId, JSON.stringify(notices.map(({ kind, about }) => ({ kind, about })))],
  );
