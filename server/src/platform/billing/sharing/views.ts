import { namedObject, pageOf } from '#platform/http';
import { z } from 'zod';
import { currencyCode } from '../currency-code.ts';

export const period = z
  .string()
  .regex(/^20\d{2}-(0[1-9]|1[0-2])$/)
  .describe('A calendar month of UTC.');
const minor = z.int().describe('Minor units.');

const url = z.url({ protocol: /^https?$/ }).max(2_000);
export const onboardRequest = namedObject('OnboardPayeeRequest', {
  return_url: url.describe(
    'Where the page sends browsers afterwards: a page of this server, or of an origin that it lists (docs/billing.md).',
  ),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, { error: 'two capital letters, as DE' })
    .optional()
    .describe(
      'Where the payee lives (ISO 3166-1), which the first call settles; not said: where the platform does. docs/sharing.md says where payees may live.',
    ),
});
const payeeState = z.enum(['none', 'onboarding', 'payable', 'restricted']);
const restricted = '`restricted`: the payment provider asks for something first; open the page again.';
export const payeeReply = namedObject('Payee', { state: payeeState.describe(restricted) });

const ownPayout = namedObject('DeveloperPayout', {
  id: z.uuid(),
  period,
  currency: currencyCode,
  amount: minor,
  state: z.enum(['open', 'paid', 'refused']).describe('`refused`: it is owed as before.'),
  tries: z.int().describe('How often it was sent: more than 1 after a refusal. Those before are not listed.'),
  created_at: z.iso.datetime(),
});
export const earningsReply = namedObject('Earnings', {
  period,
  balances: z.array(
    namedObject('EarningsBalance', {
      currency: currencyCode,
      owed: minor.describe('Not paid out yet, minor units; below zero: the account owes it.'),
      payable: minor.describe('What of it is payable by now.'),
      minimum: minor.describe('A smaller payable sum waits for the next payout.'),
      sent: minor.describe('Paid out in all, less what was taken back of it.'),
    }),
  ),
  items: z.array(
    namedObject('ItemEarnings', {
      product: z.string(),
      item: z.string(),
      currency: currencyCode,
      sales: z.int(),
      total: minor.describe('What was paid in the month without tax, less what went back.'),
      share: minor.describe('The part of it that is the account’s.'),
    }),
  ),
  payouts: z.array(ownPayout).describe('The newest 24.'),
});
export type Earnings = z.infer<typeof earningsReply>;

const adminPayout = namedObject('Payout', {
  ...ownPayout.shape,
  account_id: z.uuid(),
  name: z.string().nullable().describe('null: the account was erased.'),
  transfer: z.string().nullable().describe('The payment provider’s id.'),
  code: z.string().nullable().describe('Why it was refused, in the provider’s word.'),
});
const owedTotal = namedObject('OwedTotal', {
  currency: currencyCode,
  owed: minor.describe('Of all payees.'),
  payable: minor.describe('What of it is payable by now, to payees who can be paid.'),
  waiting: minor.describe('Of payees who cannot be paid yet.'),
});
const difference = namedObject('PayoutDifference', {
  payout: z.string().nullable(),
  transfer: z.string(),
  currency: currencyCode,
  ours: minor.nullable().describe('What is with the payee by our books; null: we know no such transfer.'),
  theirs: minor.nullable().describe('By the provider’s; null: it knows none.'),
});
export type PayoutDifference = z.infer<typeof difference>;
export const payoutList = namedObject('PayoutList', {
  ...pageOf(adminPayout).shape,
  running: period.nullable().describe('The month that is being paid; null: no run is under way.'),
  owed: z.array(owedTotal),
  compared_at: z.iso.datetime().nullable().describe('When the books were compared last.'),
  differences: z.array(difference),
});
export type PayoutList = z.infer<typeof payoutList>;

export const payoutRun = namedObject('PayoutRun', {
  id: z.uuid(),
  period,
  state: z.enum(['running', 'done']),
  as_of: z.iso.datetime().describe('What was payable then is paid.'),
});
export type PayoutRun = z.infer<typeof payoutRun>;
