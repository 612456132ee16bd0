import type { PreviewView, WithdrawalOffer } from '#platform/billing';
import { escapeHtml, type HtmlPage } from '#platform/http';
import { moneyText } from '#platform/kernel';
import { buttonForm, dateOf, type PageContext, pageOf } from './parts.ts';
import { PORTAL } from './sessions.ts';

interface ChosenPlan extends PageContext {
  readonly plan: string;
  readonly name: string;
  readonly cycle: 'monthly' | 'yearly';
  readonly quantity?: number;
  readonly preview: PreviewView;
}

/** Asks the customer once more whether they withdraw from their purchase. */
export function withdrawalPage(at: PageContext & { readonly offer: WithdrawalOffer }): HtmlPage {
  const { until, amount, currency } = at.offer;
  const words =
    until === undefined
      ? 'This purchase can be withdrawn from no more.'
      : `You get ${moneyText(amount, currency)} back, and your plan ends at once. You can do this until ${dateOf(until.toISOString())}.`;
  const button = buttonForm(at, { action: 'withdraw', agreed: 'yes' }, '<button>Withdraw</button>');
  return pageOf(at, {
    title: 'Withdraw from your purchase',
    content: `<p>${escapeHtml(words)}</p>\n${until === undefined ? '' : button}\n<p><a href="${PORTAL}">Go back</a></p>`,
  });
}

/** Asks the customer to agree to the price of a change. */
export function changePage(at: ChosenPlan): HtmlPage {
  const { plan, name, cycle, quantity, preview } = at;
  const { when, due_now: due, unit_amount: amount, currency } = preview;
  const each = `${moneyText(amount * preview.quantity, currency)} a ${cycle === 'yearly' ? 'year' : 'month'}`;
  const now =
    when === 'now' ? `You pay ${moneyText(Math.max(0, due), currency)} now, and ${each} from then on.` : '';
  const later = preview.at === null ? '' : `Nothing is due now. From ${dateOf(preview.at)} you pay ${each}.`;
  const rest =
    due < 0 ? `${moneyText(-due, currency)} of what you have paid is credited to your next invoices.` : '';
  const misfits = preview.not_fitting.map(({ limit, used, max }) => `${limit}: you use ${used} of ${max}`);
  const fields = {
    action: 'plan',
    plan,
    cycle,
    ...(quantity === undefined ? {} : { quantity: String(quantity) }),
    agreed: [due, amount, preview.quantity, currency, preview.prorated_at ?? ''].join(' '),
  };
  const lines = [now, later, rest].filter((line) => line !== '');
  return pageOf(at, {
    title: `Change to ${name}`,
    content: [
      ...lines.map((line) => `<p>${escapeHtml(line)}</p>`),
      ...(misfits.length === 0
        ? []
        : [
            `<p class="warning">Your use is above this plan: ${escapeHtml(misfits.join('; '))}. Nothing is deleted, and nothing can be added.</p>`,
          ]),
      `<div class="actions">${buttonForm(at, fields, '<button>Change plan</button>')}<a href="${PORTAL}?view=plans">Keep the present plan</a></div>`,
    ].join('\n'),
  });
}

/** The price that a form says its customer has agreed to. */
export function readAgreed(text: string) {
  const [due, amount, quantity, currency = '', prorated = ''] = text.split(' ', 5);
  return {
    agreed: {
      due_now: Number(due),
      unit_amount: Number(amount),
      quantity: Number(quantity),
      currency,
    },
    ...(prorated === '' ? {} : { prorated_at: prorated }),
  };
}
