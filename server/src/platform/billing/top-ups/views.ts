import { namedObject } from '#platform/http';
import { z } from 'zod';
import { currencyCode } from '../currency-code.ts';
import type { ShownAttempt, ShownTopUp } from './store.ts';

const instant = z.iso.datetime();

export const topUpReply = namedObject('TopUp', {
  product: z.string(),
  limit: z.string(),
  add_on: z.string().describe('`product.add_on`: the pack.'),
  threshold: z
    .int()
    .describe('Packs are bought when less is left of the limit, as many as it takes to have that again.'),
  monthly_cap: z
    .int()
    .describe(
      'Most that is spent in a calendar month (UTC), in minor units before tax. Failed attempts count.',
    ),
  spent: z.int().describe('Minor units of this month’s attempts.'),
  unit_amount: z.int().describe('The agreed price of one pack, in minor units before tax.'),
  currency: currencyCode,
  credits: z.int().describe('Units in one pack.'),
  card: namedObject('TopUpCard', { brand: z.string(), last4: z.string() }),
  agreed_by: z.uuid().describe('The user who agreed.'),
  agreed_at: instant,
  state: z
    .enum(['on', 'buying', 'stopped'])
    .describe('buying: a purchase is under way. stopped: nothing is bought, as `stopped` says.'),
  stopped: namedObject('TopUpStop', {
    reason: z
      .enum(['monthly_cap', 'payment_failed', 'price_changed', 'money_back', 'not_closed'])
      .describe(
        'money_back: money of a pack was refunded or disputed. not_closed: the payment provider refused to close the invoice of an attempt. All but `monthly_cap` last until it is set again, or the page is paid.',
      ),
    at: instant,
    resumes_at: instant.nullable().describe('When it goes on by itself.'),
    checkout_url: z.string().nullable().describe('Where the purchase that failed can be paid.'),
  }).nullable(),
  attempts: z
    .array(
      namedObject('TopUpAttempt', {
        id: z.uuid(),
        at: instant,
        quantity: z.int().describe('Packs.'),
        amount: z.int().describe('Minor units before tax.'),
        currency: currencyCode,
        state: z
          .enum(['open', 'unpaid', 'paid', 'void', 'unclosed'])
          .describe(
            'open: under way. unpaid: it waits on its page. void: closed, and never paid. unclosed: over, though its page may still be paid.',
          ),
        failure: z
          .string()
          .nullable()
          .describe(
            'Why it was not paid, in the payment provider’s word: `insufficient_funds`, `authentication_required`.',
          ),
        checkout_url: z.string().nullable().describe('Where it can be paid.'),
      }),
    )
    .describe('The last ten, the newest first.'),
});

export type TopUpView = z.infer<typeof topUpReply>;

export function topUpView(
  { stopped_for: reason, stopped_at: at, ...row }: ShownTopUp,
  attempts: readonly ShownAttempt[],
): TopUpView {
  return {
    product: row.product,
    limit: row.limit_name,
    add_on: `${row.product}.${row.add_on}`,
    threshold: row.threshold,
    monthly_cap: row.monthly_cap,
    spent: row.spent,
    unit_amount: row.unit_amount,
    currency: row.currency,
    credits: row.credits,
    card: { brand: row.card_brand, last4: row.card_last4 },
    agreed_by: row.agreed_by,
    agreed_at: row.agreed_at.toISOString(),
    state: reason !== null ? 'stopped' : row.attempt === null ? 'on' : 'buying',
    stopped:
      reason === null || at === null
        ? null
        : {
            reason,
            at: at.toISOString(),
            resumes_at: reason === 'monthly_cap' ? row.next_month.toISOString() : null,
            checkout_url: row.url,
          },
    attempts: attempts
      .filter((one) => one.product === row.product && one.limit_name === row.limit_name)
      .map(({ id, created_at: begun, quantity, unit_amount: unit, currency, state, failure, url }) => ({
        id,
        at: begun.toISOString(),
        quantity,
        amount: quantity * unit,
        currency,
        state,
        failure,
        checkout_url: url,
      })),
  };
}
