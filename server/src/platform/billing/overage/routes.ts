import { namedObject, routesFor, routesOf } from '#platform/http';
import { z } from 'zod';
import { currencyCode } from '../currency-code.ts';
import type { OverageService } from './service.ts';
import { overageReply, type OverageView } from './views.ts';

const route = routesFor<Pick<OverageService, 'list' | 'choose'>>();
const tag = 'Billing';

const example: OverageView = {
  product: 'gateway',
  limit: 'calls',
  plan: 'gateway.scale',
  currency: 'usd',
  unit_micros: 600,
  included: 100_000,
  most: 5_000,
  used: 100_250,
  past: 240,
  resets_at: '2027-04-01T00:00:00.000Z',
};

const readOverage = route(
  'GET /v1/billing/overage',
  {
    summary: 'List the limits with overage and the allowance of each',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'billing:read',
    rate: { perMinute: 120, by: 'account' },
    reply: { 200: namedObject('OverageList', { data: z.array(overageReply) }) },
    example: { reply: { data: [example] } },
  },
  async ({ accountId }, overage) => ({ data: await overage.list(accountId) }),
);

const chooseOverage = route(
  'PUT /v1/billing/overage',
  {
    summary: 'Set the overage allowance of a limit',
    description:
      'Units past the limit are billed with the subscription, one by one. In effect with the next call. A smaller choice takes nothing back: what was used past it is billed. Asked again it changes nothing more, so it takes no Idempotency-Key.',
    tag,
    auth: 'account',
    may: 'admin',
    scope: 'billing:write',
    rate: { perMinute: 20, by: 'account' },
    idempotency: 'none',
    body: namedObject('SetOverageRequest', {
      product: z.string().min(1).max(100),
      limit: z.string().min(1).max(100),
      most: z.int().min(0).max(1_000_000_000_000).describe('Units past the plan’s own size, in each window.'),
      agreed: namedObject('AgreedOveragePrice', { unit_micros: z.int().min(0), currency: currencyCode })
        .optional()
        .describe(
          'As the list shows them; needed unless `most` is 0. Another price now is 409 `price_changed`.',
        ),
    }),
    reply: { 200: overageReply },
    errors: ['overage_not_sold', 'price_changed', 'product_off'],
    example: {
      body: {
        product: 'gateway',
        limit: 'calls',
        most: 5_000,
        agreed: { unit_micros: 600, currency: 'usd' },
      },
      reply: example,
    },
  },
  async ({ accountId, caller, origin, body }, overage) => overage.choose({ accountId, caller, origin }, body),
);

export const overageRoutes = routesOf({ readOverage, chooseOverage });
