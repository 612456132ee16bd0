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
  },
  async ({ accountId, body: { return_url: to, country } }, sharing) => ({
    url: await sharing.payees().onboard(accountId, to, country),
  }),
);

const readEarnings = route(
  'GET /v1/developer/earnings',
  {
    ...sees,
    summary: 'Read what the account has earned by items of a month, and what it was paid',
    query: z.strictObject({ period: period.optional().describe('Not said: the present one.') }),
    reply: { 200: earningsReply },
    errors: ['nothing_sold'],
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
  },
  ({ body, caller, origin, once }, sharing) => sharing.payOut({ ...body, caller, origin, once }),
);

export const sharingRoutes = routesOf({ readPayee, onboardPayee, readEarnings, listPayouts, payOut });
