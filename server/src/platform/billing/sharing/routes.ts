import { instant, namedObject, pageQuery, positionOf, routesFor, routesOf } from '#platform/http';
import { z } from 'zod';
import type { Sharing } from './sharing.ts';
import { earningsReply, onboardRequest, payeeReply, payoutList, payoutRun, period } from './views.ts';

const route = routesFor<Pick<Sharing, 'payees' | 'earnings' | 'payOut' | 'payouts'>>();
const tag = 'Billing';
const NOT_HERE = ['nothing_sold', 'store_unavailable', 'store_refused'] as const;
const often = { perMinute: 120, by: 'account' } as const;
const sees = { tag, auth: 'account', may: 'admin', scope: 'billing:read', rate: often } as const;

const readPayee = route(
  'GET /v1/developer/payee',
  {
    ...sees,
    summary: 'Read whether the account can be paid',
    reply: { 200: payeeReply },
    errors: NOT_HERE,
    example: { reply: { state: 'payable' } },
  },
  ({ accountId }, sharing) => sharing.payees().read(accountId),
);

const onboardPayee = route(
  'POST /v1/developer/payee',
  {
    ...sees,
    scope: 'billing:write',
    rate: { perMinute: 10, by: 'account' },
    idempotency: 'none',
    summary: 'Open the page of the payment provider where the account says how it is paid',
    description:
      'The account is made at the provider once; each call answers a new page, which is good once, for some minutes. It takes no Idempotency-Key: a page makes nothing, and a newer one does no harm.',
    body: onboardRequest,
    private: true,
    reply: { 200: namedObject('PayeePage', { url: z.string() }) },
    errors: NOT_HERE,
    example: {
      body: { return_url: 'https://app.example.com/developer' },
      reply: { url: 'https://connect.stripe.com/setup/e/acct_1SVnpJ2eZvKYlo2C/a1' },
    },
  },
  async ({ accountId, body: { return_url: to } }, sharing) => ({
    url: await sharing.payees().onboard(accountId, to),
  }),
);

const ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a07';
const AT = '2026-02-01T08:00:00.000Z';
const MONTH = '2026-01';
const paid = {
  id: ID,
  period: MONTH,
  currency: 'usd',
  amount: 3_493,
  state: 'paid',
  created_at: AT,
} as const;
const readEarnings = route(
  'GET /v1/developer/earnings',
  {
    ...sees,
    summary: 'Read what the account has earned by items of a month, and what it was paid',
    query: z.strictObject({ period: period.optional().describe('Not said: the present one.') }),
    reply: { 200: earningsReply },
    errors: ['nothing_sold'],
    example: {
      query: { period: MONTH },
      reply: {
        period: MONTH,
        balances: [{ currency: 'usd', owed: 349, payable: 0, sent: 3_493 }],
        items: [{ product: 'adiuva', item: ID, currency: 'usd', sales: 11, total: 5_489, share: 3_842 }],
        payouts: [paid],
      },
    },
  },
  ({ accountId, query }, sharing) => sharing.earnings(accountId, query.period),
);

const operates = { tag, auth: 'admin', scope: 'admin:read', rate: { perMinute: 120, by: 'user' } } as const;
const listPayouts = route(
  'GET /v1/admin/payouts',
  {
    ...operates,
    summary: 'List payouts to payees, newest first, with what is owed and how the provider’s books differ',
    query: z.strictObject({ period: period.optional(), ...pageQuery }),
    reply: { 200: payoutList },
    example: {
      query: { period: MONTH },
      reply: {
        data: [{ ...paid, account_id: ID, name: 'Ada', transfer: 'tr_1SVnpJ2eZvKYlo2C', code: null }],
        next_cursor: null,
        running: null,
        owed: [{ currency: 'usd', owed: 349, payable: 0, waiting: 0 }],
        compared_at: AT,
        differences: [],
      },
    },
  },
  ({ query: { cursor, ...query } }, sharing) =>
    sharing.payouts({ ...query, before: cursor === undefined ? undefined : positionOf(cursor, position) }),
);
const position = z.tuple([instant, z.uuid()]);

const payOut = route(
  'POST /v1/admin/payouts',
  {
    ...operates,
    scope: 'admin:write',
    rate: { perMinute: 10, by: 'user' },
    summary: 'Pay payees what is payable',
    description:
      'Pays all that is payable at this moment and was not paid before, of sales of this month and of earlier ones: one transfer for each payee and currency. A job does it. Asked again it pays what is left; while the same run is under way, it is answered again.',
    body: namedObject('PayOutRequest', { period }),
    reply: { 202: payoutRun },
    errors: ['nothing_sold', 'period_not_over', 'payouts_running'],
    example: { body: { period: MONTH }, reply: { id: ID, period: MONTH, state: 'running', as_of: AT } },
  },
  ({ body, caller, origin, once }, sharing) => sharing.payOut({ ...body, caller, origin, once }),
);

export const sharingRoutes = routesOf({ readPayee, onboardPayee, readEarnings, listPayouts, payOut });
