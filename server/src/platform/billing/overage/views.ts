import { currencyCode } from '../currency-code.ts';
import { namedObject } from '#platform/http';
import { z } from 'zod';

export const overageReply = namedObject('Overage', {
  product: z.string(),
  limit: z.string(),
  plan: z.string().describe('`product.plan`: the one that is in effect.'),
  currency: currencyCode,
  unit_micros: z.int().describe('What one unit past the limit costs, in millionths of the currency.'),
  included: z.int().describe('Units that the plan itself has, in each window.'),
  most: z
    .int()
    .describe('Units past it that the account allows, in each window; 0: the limit is a hard cap.'),
  used: z.int().describe('Units of the present window, with those of calls that are under way.'),
  past: z.int().describe('Units of the present window that are billed: settled, and past what was included.'),
  resets_at: z.iso.datetime().nullable().describe('When the window ends.'),
});

export type OverageView = z.infer<typeof overageReply>;
