import type { Catalogue } from '#platform/entitlements';
import { moneyOf } from '../../money-text.ts';
import { isSent } from '../grace.ts';
import type { Notification } from './notifications.ts';

type TextContext = { readonly account: string; readonly catalogues: ReadonlyMap<string, Catalogue> };

/** Texts of a mail about a failed payment, for people. */
export function failureTexts(notice: Notification, words: TextContext) {
  return {
    ...planTexts(notice, words),
    amount: amountOf(notice),
    until: instant(notice.graceEndsAt),
    next: isOfSent(notice) ? 'Pay it, and the plan goes on.' : 'Pay the invoice or change your card.',
    link: linkOf(notice),
  };
}

/** Texts of a mail about a payment that the person has to confirm: on which page, and what becomes of the plan. */
export function actionTexts(notice: Notification, words: TextContext) {
  const { subscription, graceEndsAt } = notice;
  const { pending_expires_at: expires, pending_plan: pending, product } = subscription;
  const texts = { ...planTexts(notice, words), amount: amountOf(notice), link: linkOf(notice) };
  if (graceEndsAt !== undefined)
    return { ...texts, next: `Nothing changes before ${instant(graceEndsAt)}. Confirm it there.` };
  const becomes = nameOf(words, product, pending ?? '');
  return {
    ...texts,
    next: `The plan is ${texts.plan} as before, and becomes ${becomes} once the payment is confirmed. Confirm it until ${instant(expires)}.`,
  };
}

/** Texts of a mail about a plan that is no longer in effect, or is again. */
export function changeTexts(notice: Notification, words: TextContext) {
  return { ...planTexts(notice, words), link: '', ...reasonTexts(notice, words) };
}

function planTexts({ subscription: { product, plan } }: Notification, words: TextContext) {
  const { account, catalogues } = words;
  return {
    account,
    product: catalogues.get(product)?.name ?? product,
    plan: nameOf(words, product, plan),
  };
}

function nameOf({ catalogues }: TextContext, product: string, plan: string): string {
  return catalogues.get(product)?.plans[plan]?.name ?? plan;
}

function reasonTexts(
  notice: Notification,
  words: TextContext,
): { readonly why: string; readonly next: string; readonly link?: string } {
  const { kind, invoice, from, subscription } = notice;
  if (kind === 'plan_changed')
    return {
      why: from === undefined ? '' : `Before, it was ${nameOf(words, subscription.product, from)}.`,
      next: NOTHING_TO_DO,
    };
  if (kind === 'subscription_canceled')
    return {
      why: endOf(notice),
      next: 'Nothing was deleted. You can subscribe again at any time.',
    };
  if (kind === 'trial_refused')
    return {
      why: 'A trial of it is not to be had for this account or with this card.',
      next: 'Nothing was charged. You can subscribe at any time; it is paid from the first day on.',
    };
  if (kind === 'change_not_paid')
    return {
      why: `The payment of ${amountOf(notice)} for a change of it was not made.`,
      next: 'Nothing is owed for it. You can change the plan again at any time.',
    };
  const isOfDispute = invoice === undefined;
  if (kind === 'payment_recovered')
    return {
      why: isOfDispute
        ? 'A payment that your bank disputed was decided for us.'
        : `The payment of ${amountOf(notice)} was made.`,
      next: NOTHING_TO_DO,
    };
  return isOfDispute
    ? {
        why: 'Your bank disputed a payment of it.',
        next: 'It is in effect again when the dispute is withdrawn or decided.',
      }
    : {
        ...(isOfSent(notice) ? OVERDUE : UNPAID)(amountOf(notice)),
        link: linkOf(notice),
      };
}

const UNPAID = (amount: string) => ({
  why: `A payment of ${amount} could not be made, and the days that were promised are over.`,
  next: 'Pay the invoice or change your card, and it is in effect again.',
});
const OVERDUE = (amount: string) => ({
  why: `The invoice of ${amount} is overdue, and the days that were promised are over.`,
  next: 'Pay the invoice, and it is in effect again.',
});

const isOfSent = ({ invoice }: Notification) => invoice !== undefined && isSent(invoice);

const NOTHING_TO_DO = 'There is nothing that you have to do.';

/** The promised days hold even if the provider gave up earlier. */
function endOf({ subscription: { ended_at: end }, graceEndsAt: promised }: Notification): string {
  if (end === null || promised === undefined || promised <= end) return `It ended at ${instant(end)}.`;
  return `It was not paid, and is in effect until ${instant(promised)}, as was promised.`;
}

/** With as many decimals as the currency has. */
function amountOf({ invoice }: Notification): string {
  return invoice === undefined ? '' : moneyOf(invoice.total, invoice.currency);
}

const linkOf = ({ invoice }: Notification): string => invoice?.url ?? '';

function instant(at: Date | null | undefined): string {
  return at === null || at === undefined ? '' : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
