import {
  answerEach,
  externalIdSchema,
  instant,
  type ItemError,
  namedObject,
  routesFor,
  routesOf,
} from '#platform/http';
import { z } from 'zod';
import type { Importing } from './importing.ts';
import type { RowResult } from './rows.ts';

const route = routesFor<Importing>();

const writes = {
  tag: 'Billing',
  auth: 'admin',
  scope: 'admin:write',
  rate: { perMinute: 30, by: 'user' },
  idempotency: 'none',
  maxBody: 1024 * 1024,
} as const;

const dryRun = z.boolean().default(false).describe('Nothing is changed; the answer says what would be.');
const rows = (most: number, says: string) =>
  z.array(z.record(z.string(), z.unknown())).min(1).max(most).describe(says);
const errorReply = namedObject('ImportRowError', { code: z.string(), message: z.string() }).nullable();

const creditsRow = z.strictObject({
  id: z.string().min(1).max(200),
  customer: externalIdSchema,
  product: z.string().min(1).max(100).optional(),
  limit: z.string().min(1).max(100).optional(),
  amount: z.int().min(1).max(1_000_000_000),
  expires_at: instant.optional(),
});
const linkRow = z.strictObject({
  customer: externalIdSchema,
  stripe_customer: z.string().regex(/^cus_\w{1,100}$/, 'is not like cus_…'),
});

const importCredits = route(
  'PUT /v1/admin/credits',
  {
    ...writes,
    summary: 'Give up to 500 customers credits, each row once',
    description:
      'For balances of another system. Each row has an id of its own, and credits of an account are given once for it, for ever. One that is refused holds up no other.',
    body: namedObject('GrantCreditsBatchRequest', {
      credits: rows(
        500,
        '`id`, `customer` (its external id), `amount`, `expires_at`; `product` and `limit` where several products have credits.',
      ),
      dry_run: dryRun,
    }),
    reply: {
      200: namedObject('GrantCreditsBatchResult', {
        data: z.array(
          namedObject('GrantCreditsBatchEntry', {
            account_id: z.uuid().nullable(),
            status: z.enum(['given', 'known', 'refused']).describe('`known`: given before, for the same id.'),
            error: errorReply,
          }),
        ),
      }),
    },
  },
  async ({ body, ...call }, importing) => ({
    data: (
      await answerEach(
        body.credits,
        { schema: creditsRow, key: ({ customer, id }) => [customer, id] },
        (good) => importing.giveCredits({ ...byWhom(call), trying: body.dry_run }, good),
      )
    ).map(entryOf),
  }),
);

const linkStripeCustomers = route(
  'PUT /v1/admin/stripe-customers',
  {
    ...writes,
    summary: 'Say which customers of Stripe up to 100 customers are',
    description:
      'So that they pay as the customers that they are there, with the payment methods they have. In the order of the rows; a repeated call changes nothing. An account that is another customer there keeps it.',
    body: namedObject('LinkStripeCustomersRequest', {
      livemode: z.boolean().describe('As Stripe says it of these customers.'),
      customers: rows(100, '`customer` (its external id) and `stripe_customer`.'),
      dry_run: dryRun,
    }),
    reply: {
      200: namedObject('LinkStripeCustomersResult', {
        data: z.array(
          namedObject('LinkStripeCustomersEntry', {
            account_id: z.uuid().nullable(),
            status: z.enum(['linked', 'known', 'refused']),
            error: errorReply,
          }),
        ),
      }),
    },
    errors: ['nothing_sold'],
  },
  async ({ body, ...call }, importing) => ({
    data: (
      await answerEach(body.customers, { schema: linkRow, key: ({ customer }) => [customer] }, (good) =>
        importing.linkCustomers({ ...byWhom(call), trying: body.dry_run, livemode: body.livemode }, good),
      )
    ).map(entryOf),
  }),
);

const byWhom = ({ caller, origin }: Pick<Parameters<Importing['giveCredits']>[0], 'caller' | 'origin'>) => ({
  caller,
  origin,
});

const entryOf = <Status extends string>(result: RowResult<Status> | { readonly error: ItemError }) =>
  'error' in result
    ? { account_id: null, status: 'refused' as const, error: result.error }
    : { ...result, error: null };

export const importingRoutes = routesOf({ importCredits, linkStripeCustomers });
