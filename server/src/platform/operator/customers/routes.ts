import {
  CSV_FORMATS,
  JSON_OR_CSV,
  namedObject,
  pageOf,
  pageOrCsv,
  pageQuery,
  type Route,
  routesFor,
} from '#platform/http';
import { subscriptionReply } from '#platform/billing';
import { limitUsage, shownEvent, shownUsage, usageEvent } from '#platform/limits';
import { z } from 'zod';
import type { Customer, Customers } from './customers.ts';
import { CUSTOMER_SORTS } from './store.ts';

const route = routesFor<Customers>();
const tag = 'Customers';

const minor = z.int().describe('In minor units.');
const money = namedObject('CustomerMoney', {
  currency: z.string(),
  paid_minor: minor.describe('What was paid, taxes included, less what went back.'),
  net_minor: minor.describe('The same less fees and taxes.'),
  share_minor: minor.describe('What payees have of that, for items that were sold for them.'),
  mrr_minor: minor.describe('What its subscriptions bring in a month, as of now.'),
  cost_minor: z.int().nullable().describe('What its model calls cost; null: no exchange rate is known.'),
  margin_minor: z.int().nullable().describe('net − share − cost'),
});

const customer = namedObject('Customer', {
  account_id: z.uuid(),
  found_by: z
    .string()
    .describe(
      'What of it the text names: `account`, `external_id`, `user`, `email`, `name`, `key`, `request`, `permit`, `store` (an id of a payment provider), or what a product finds accounts by, such as `license`.',
    ),
  kind: z.enum(['personal', 'organization']),
  name: z.string(),
  status: z.enum(['active', 'suspended']),
  owner_id: z.uuid().nullable(),
  owner_email: z.string().nullable(),
  members: z.int(),
  plans: z.array(namedObject('CustomerPlan', { product: z.string(), plan: z.string(), source: z.string() })),
  money: z
    .array(money)
    .describe('Of the last 30 days, by currency; a cost is in the one in which it last bought.'),
  calls: z.int().describe('Of the last 30 days, as the two that follow.'),
  cost_micros: z.int().describe('What the model providers may bill.'),
  charged_micros: z.int().describe('What of it counted against budgets.'),
  denied: z.int().describe('Calls that limits denied in the last seven days.'),
  last_call_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
});

const person = namedObject('CustomerPerson', {
  user_id: z.uuid(),
  email: z.string().nullable().describe('null: a user of your customer, who does not sign in here.'),
  role: z.enum(['viewer', 'member', 'admin', 'owner']),
  status: z.enum(['active', 'suspended', 'closed']),
  second_factor: z
    .boolean()
    .describe('Whether an authenticator app or a passkey is asked for at its sign-in.'),
});

const payment = namedObject('CustomerPayment', {
  store: z.enum(['stripe', 'app_store', 'google_play']),
  mode: z.enum(['live', 'test', 'sandbox']),
  payment: z.string().describe('Its id at the provider.'),
  invoice: z.string().nullable(),
  state: z.enum(['pending', 'succeeded', 'failed']),
  failure_code: z.string().nullable(),
  amount_minor: minor,
  currency: z.string(),
  refunded_minor: minor,
  subscription_id: z
    .uuid()
    .nullable()
    .describe('The subscription that it was for; null: an add-on, credits or an item.'),
  occurred_at: z.iso.datetime(),
  dashboard_url: z.string().nullable().describe('Its page at Stripe; null: it has none.'),
});

const search = route(
  'GET /v1/admin/customers',
  {
    summary: 'List accounts, or find them by an email, a name, an id or a key',
    description:
      'With `q` at most 20, the closest first: by the id of an account, a person, a key, a permit or a request (of a denied one, the last of its hour), by an id of a payment provider, by what products know (the id or key of a licence), by a part of an email or a name, or by the first characters of an API key. Without it all of them, by pages, in the order of `sort`. With their plans, what they paid, cost and did in 30 days, and what was denied to them. JSON in pages; with `format=csv` or `Accept: text/csv` all of it as CSV, a line for each account and currency.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({
      q: z.string().trim().min(2).max(200).optional(),
      sort: z
        .enum(CUSTOMER_SORTS)
        .default('newest')
        .describe(
          'Largest first, `name` by the alphabet. Of amounts in several currencies the largest counts.',
        ),
      status: z.enum(['active', 'suspended']).optional(),
      payment: z
        .enum(['failing'])
        .optional()
        .describe('Accounts whose last payment of a subscription failed. Not with `q`.'),
      ...pageQuery,
      format: z.enum(CSV_FORMATS).optional().describe('Without it, what the Accept header says.'),
    }),
    reply: { 200: pageOf(customer) },
    produces: JSON_OR_CSV,
  },
  ({ query: { format, limit, cursor, ...question }, ...call }, customers) =>
    pageOrCsv(
      call,
      { format, limit, cursor },
      {
        name: 'customers',
        columns: [...FACTS, 'plans', ...AMOUNTS],
        read: (paging) => customers.list({ ...question, ...paging }),
        rowsOf,
      },
    ),
);

const { plans: _plans, money: _money, ...facts } = customer.shape;
const FACTS = Object.keys(facts) as (keyof typeof facts)[];
const AMOUNTS = Object.keys(money.shape) as (keyof typeof money.shape)[];

/** One without sales has a line, too. */
function rowsOf(of: Customer) {
  const first = [...FACTS.map((name) => of[name]), of.plans.map(({ plan }) => plan).join(' ')];
  const amounts = of.money.length === 0 ? [undefined] : of.money;
  return amounts.map((one) => [...first, ...AMOUNTS.map((name) => one?.[name] ?? null)]);
}

const read = route(
  'GET /v1/admin/customers/:id',
  {
    summary: 'Read an account with its limits, people, payments and last calls',
    description:
      'As `GET /v1/admin/customers` has it, with what `GET /v1/usage` tells the account itself, up to 100 of its people, and its last ten payments and subscriptions.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    reply: {
      200: namedObject('CustomerDetails', {
        customer,
        people: z.array(person),
        payments: z.array(payment),
        subscriptions: z.array(subscriptionReply).describe('The last ten, present and past.'),
        limits: z.array(limitUsage),
        calls: z.array(usageEvent),
      }),
    },
    errors: ['not_found'],
  },
  async ({ params }, customers) => {
    const { limits, calls, ...found } = await customers.get(params.id);
    return { ...found, limits: limits.map(shownUsage), calls: calls.map(shownEvent) };
  },
);

/** Calls of platform admins on accounts of others. */
export const customerRoutes: Route[] = [search, read];
