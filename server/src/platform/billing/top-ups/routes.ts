import { namedObject, routesFor, routesOf } from '#platform/http';
import { z } from 'zod';
import { buys, reads } from '../access.ts';
import { currencyCode } from '../currency-code.ts';
import type { TopUps } from './service.ts';
import { topUpReply } from './views.ts';

const route = routesFor<Pick<TopUps, 'list' | 'set' | 'withdraw'>>();
const name = z.string().min(1).max(100);
const sets = { ...buys, idempotency: 'none' } as const;

const listTopUps = route(
  'GET /v1/billing/top-ups',
  {
    ...reads,
    summary: 'List the automatic top-ups of an account',
    reply: { 200: namedObject('TopUpList', { data: z.array(topUpReply) }) },
  },
  async ({ accountId }, topUps) => ({ data: await topUps.list(accountId) }),
);

const setTopUp = route(
  'PUT /v1/billing/top-ups',
  {
    ...sets,
    summary: 'Buy packs of credits automatically',
    description:
      'Agrees that packs are bought with the account’s saved card whenever less than `threshold` is left of the pack’s limit. One for each limit: another takes its place, and what stopped it is over. Asked again it changes nothing more, so it takes no Idempotency-Key.',
    body: namedObject('SetTopUpRequest', {
      product: name,
      add_on: name.describe('The pack.'),
      threshold: z.int().min(1).max(1_000_000_000),
      monthly_cap: z.int().min(1).max(1_000_000_000).describe('Minor units before tax.'),
      agreed: namedObject('AgreedPackPrice', { unit_amount: z.int().min(0), currency: currencyCode })
        .optional()
        .describe(
          'The price of one pack as `GET /v1/plans` shows it. Another price now is 409 `price_changed`.',
        ),
    }),
    reply: { 200: topUpReply },
    errors: ['price_changed', 'product_off', 'card_missing', 'conflict', 'nothing_sold', 'store_unavailable'],
  },
  async ({ accountId, caller, spender, origin, body }, topUps) =>
    topUps.set({ accountId, caller, spender, origin }, body),
);

const withdrawTopUp = route(
  'DELETE /v1/billing/top-ups',
  {
    ...sets,
    summary: 'Withdraw an automatic top-up',
    description:
      'No card is charged for it once this is answered. A page on which a purchase waits is closed.',
    query: z.strictObject({ product: name, limit: name }),
    reply: { 204: z.undefined() },
    errors: ['conflict', 'nothing_sold'],
  },
  async ({ accountId, caller, origin, query }, topUps) =>
    topUps.withdraw({ accountId, caller, origin }, query),
);

export const topUpRoutes = routesOf({ listTopUps, setTopUp, withdrawTopUp });
