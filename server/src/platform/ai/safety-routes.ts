import { instant, namedObject, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Safety } from './safety-part.ts';

const route = routesFor<Safety>();

const count = z.int();
const sum = namedObject('SafetySum', {
  name: z.string().describe('The day in UTC, the key of the product, or the kind.'),
  crisis: count.describe('Findings in what people wrote, by the rules or by the provider’s moderation.'),
  concern: count,
  caution: count,
  helplines: count.describe(
    'Of these three: answered with words and helplines, in place of the product’s answer or beside it.',
  ),
  said_safe: count.describe('Of these three: the caller had said `X-I-Am-Safe: true`.'),
  replies: count.describe('Replies of models, or parts of them, that were not fit to be shown.'),
  unmoderated: count.describe('Texts that the provider’s moderation did not look at: it did not answer.'),
});
const dateOf = (at: string | undefined) => (at === undefined ? undefined : new Date(at));

const readFigures = route(
  'GET /v1/admin/safety',
  {
    summary: 'Count what the safety part found',
    description:
      'Of all accounts, by day (the newest first), product and kind; a finding of two kinds counts in both. Neither texts nor whose they are can be had: rows are a person’s own. They are kept for a year.',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject({
      product: z.string().min(1).max(100).optional(),
      from: instant.optional(),
      until: instant.optional(),
    }),
    reply: {
      200: namedObject('SafetyFigures', {
        days: z.array(sum),
        products: z.array(sum),
        kinds: z.array(sum),
      }),
    },
  },
  async ({ query }, { findings }) => {
    if (findings === undefined) throw new Error('nothing is kept of what the safety part finds');
    const { days, products, kinds } = await findings.figures({
      product: query.product,
      from: dateOf(query.from),
      until: dateOf(query.until),
    });
    return { days: [...days], products: [...products], kinds: [...kinds] };
  },
);

/** The safety part's findings, in figures, for platform admins. */
export const safetyRoutes: Route[] = [readFigures];
