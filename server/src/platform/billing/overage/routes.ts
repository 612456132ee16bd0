import { namedObject, routesFor, routesOf } from '#platform/http';
import { z } from 'zod';
import { buys, reads } from '../access.ts';
import { currencyCode } from '../currency-code.ts';
import type { OverageService } from './service.ts';
import { overageReply } from './views.ts';

const route = routesFor<Pick<OverageService, 'list' | 'choose'>>();

const readOverage = route(
  'GET /v1/billing/overage',
  {
    ...reads,
    summary: 'List the limits with overage and the allowance of each',
    reply: { 200: namedObject('OverageList', { data: z.array(overageReply) }) },
  },
  async ({ accountId }, overage) => ({ data: await overage.list(accountId) }),
);

const chooseOverage = route(
  'PUT /v1/billing/overage',
  {
    ...buys,
    summary: 'Set the overage allowance of a limit',
    description:
      'Units past the limit are billed with the subscription, one by one. In effect with the next call. A smaller choice takes nothing back: what was used past it is billed. Asked again it changes nothing more, so it takes no Idempotency-Key.',
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
  },
  async ({ accountId, caller, origin, body }, overage) => overage.choose({ accountId, caller, origin }, body),
);

export const overageRoutes = routesOf({ readOverage, chooseOverage });
