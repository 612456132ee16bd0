import { namedObject, type Route, routesFor } from '#platform/http';
import { limitUsage, shownEvent, shownUsage, usageEvent } from '#platform/limits';
import { z } from 'zod';
import type { Customers } from './customers.ts';

const route = routesFor<Customers>();
const tag = 'Customers';

const customer = namedObject('Customer', {
  account_id: z.uuid(),
  found_by: z
    .enum(['account', 'user', 'email', 'name', 'key', 'request', 'permit'])
    .describe('What of it the text names.'),
  kind: z.enum(['personal', 'organization']),
  name: z.string(),
  status: z.enum(['active', 'suspended']),
  owner_id: z.uuid().nullable(),
  owner_email: z.string().nullable(),
  members: z.int(),
  plans: z.array(namedObject('CustomerPlan', { product: z.string(), plan: z.string(), source: z.string() })),
  calls: z.int().describe('Of the last 30 days, as the two that follow.'),
  cost_micros: z.int().describe('What the model providers may bill.'),
  charged_micros: z.int().describe('What of it counted against budgets.'),
  denied: z.int().describe('Calls that limits denied in the last seven days.'),
  last_call_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
});

const ACCOUNT = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f02';
const EXAMPLE = {
  account_id: ACCOUNT,
  found_by: 'email' as const,
  kind: 'organization' as const,
  name: 'Northwind Ltd',
  status: 'active' as const,
  owner_id: '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01',
  owner_email: 'ada@northwind.example',
  members: 3,
  plans: [{ product: 'reel', plan: 'reel.standard', source: 'stripe' }],
  calls: 1_204,
  cost_micros: 3_120_000,
  charged_micros: 3_120_000,
  denied: 14,
  last_call_at: '2026-11-20T08:37:00.000Z',
  created_at: '2026-03-04T09:00:00.000Z',
};

const search = route(
  'GET /v1/admin/customers',
  {
    summary: 'Find accounts by an email, a name, an id or a key',
    description:
      'At most 20, the closest first: by the id of an account, a person, a key, a permit or a request, by a part of an email or a name, or by the first characters of a key. With their plans, what they cost and did in 30 days, and what was denied to them.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({ q: z.string().trim().min(2).max(200) }),
    reply: { 200: namedObject('FoundCustomers', { data: z.array(customer) }) },
    example: { query: { q: 'northwind' }, reply: { data: [EXAMPLE] } },
  },
  async ({ query }, customers) => ({ data: await customers.search(query.q) }),
);

const read = route(
  'GET /v1/admin/customers/:id',
  {
    summary: 'Read an account with its limits and last calls',
    description: 'As `GET /v1/admin/customers` has it, with what `GET /v1/usage` tells the account itself.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    reply: {
      200: namedObject('CustomerDetails', {
        customer,
        limits: z.array(limitUsage),
        calls: z.array(usageEvent),
      }),
    },
    errors: ['not_found'],
    example: {
      params: { id: ACCOUNT },
      reply: { customer: { ...EXAMPLE, found_by: 'account' }, limits: [], calls: [] },
    },
  },
  async ({ params }, customers) => {
    const { customer: found, limits, calls } = await customers.get(params.id);
    return { customer: found, limits: limits.map(shownUsage), calls: calls.map(shownEvent) };
  },
);

/** Calls of platform admins on accounts of others. */
export const customerRoutes: Route[] = [search, read];
