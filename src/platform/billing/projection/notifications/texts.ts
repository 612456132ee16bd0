import type { Catalogue } from '#platform/entitlements';
import type { Notification } from './notifications.ts';

type TextContext = { readonly account: string; readonly catalogues: ReadonlyMap<string, Catalogue> };

/** What a mail about a failed payment says, for people. */
export function failureTexts(notice: Notification, words: TextContext) {
  return {
    ...planTexts(notice, words),
    amount: amountOf(notice),
    until: instant(notice.graceEndsAt),
    next: `Pay the invoice or change your card${linkOf(notice)}`,
  };
}

/** What a mail says about a plan that is no longer in effect, or is again. */
export function changeTexts(notice: Notification, words: TextContext) {
  return { ...planTexts(notice, words), ...reasonTexts(notice) };
}

function planTexts({ subscription: { product, plan } }: Notification, { account, catalogues }: TextContext) {
  const catalogue = catalogues.get(product);
  return {
    account,
    product: catalogue?.name ?? product,
    plan: catalogue?.plans[plan]?.name ?? plan,
  };
}

function reasonTexts(notice: Notification): { readonly why: string; readonly next: string } {
  const { kind, invoice, subscription } = notice;
  if (kind === 'subscription_canceled')
    return {
      why: `It ended at ${instant(subscription.ended_at)}.`,
      next: 'Nothing was deleted. You can subscribe again at any time.',
    };
  if (kind === 'trial_refused')
    return {
      why: 'A trial of it is not to be had for this account or with this card.',
      next: 'Nothing was charged. You can subscribe at any time; it is paid from the first day on.',
    };
  const isOfDispute = invoice === undefined;
  if (kind === 'payment_recovered')
    return {
      why: isOfDispute
        ? 'A payment that your bank disputed was decided for us.'
        : `The payment of ${amountOf(notice)} was made.`,
      next: 'There is nothing that you have to do.',
    };
  return isOfDispute
    ? {
        why: 'Your bank disputed a payment of it.',
        next: 'It is in effect again when the dispute is withdrawn or decided.',
      }
    : {
        why: `A payment of ${amountOf(notice)} could not be made three times.`,
        next: `Pay the invoice or change your card, and it is in effect again${linkOf(notice)}`,
      };
}

/** With as many decimals as the currency has. */
function amountOf({ invoice }: Notification): string {
  if (invoice === undefined) return '';
  const currency = invoice.currency.toUpperCase();
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency, currencyDisplay: 'code' });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return `${(invoice.total / 10 ** digits).toFixed(digits)} ${currency}`;
}

function linkOf({ invoice }: Notification): string {
  const url = invoice?.url ?? null;
  return url === null ? '.' : `: ${url}`;
}

function instant(at: Date | null | undefined): string {
  return at === null || at === undefined ? '' : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
