import { accountNameFields, emailNameField, ONE_ACCOUNT, ONE_ACCOUNT_ID } from '#platform/accounts';
import { instant, namedObject, pageOf, pageQuery, positionOf, routesFor } from '#platform/http';
import { z } from 'zod';
import {
  addOnReply,
  creditsReply,
  entitlementsReply,
  entitlementTokenReply,
  grantReply,
  overrides,
} from './views.ts';
import { planReply, priceListReply } from './price-list.ts';
import type { Billing } from './service.ts';

const route = routesFor<Billing>();
const tag = 'Billing';

export const listPlans = route(
  'GET /v1/plans',
  {
    summary: 'List plans, prices and their limits',
    tag,
    auth: 'none',
    rate: { perMinute: 120, by: 'ip' },
    query: z.strictObject({ product: z.string().min(1).max(100).optional() }),
    reply: { 200: priceListReply },
    errors: ['not_found', 'product_off'],
  },
  async ({ query, seesModelCost }, billing) => billing.priceList(query.product, seesModelCost),
);

export const readPlan = route(
  'GET /v1/plans/:id',
  {
    summary: 'Read a plan',
    description:
      'By its id (`product.plan`), or by its name alone (`plan`) where one product that runs has a plan of that name.',
    tag,
    auth: 'none',
    rate: { perMinute: 120, by: 'ip' },
    params: { id: 'text' },
    reply: { 200: planReply },
    errors: ['not_found', 'product_off', 'plan_ambiguous'],
  },
  async ({ params, seesModelCost }, billing) => billing.plan(params.id, seesModelCost),
);

export const showPrices = route(
  'GET /pricing/:product',
  {
    operation: 'showPricing',
    summary: 'Show the prices of a product, as a page for customers',
    description:
      'In its brand (`PUT /v1/admin/brands/:product`). Plans that are hidden, and what model calls cost, are not on it.',
    tag,
    auth: 'none',
    page: true,
    rate: { perMinute: 60, by: 'ip' },
    params: { product: 'text' },
    reply: { 200: z.string().describe('A page for people, in HTML.') },
    errors: ['not_found', 'product_off'],
  },
  async ({ params }, billing) => billing.pricePage(params.product),
);

export const readEntitlements = route(
  'GET /v1/billing/entitlements',
  {
    summary: 'List the entitlements of the account per product',
    tag,
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'billing:read',
    rate: { perMinute: 120, by: 'account' },
    reply: { 200: entitlementsReply },
  },
  async ({ accountId, seesModelCost }, billing) => ({
    data: await billing.entitlements(accountId, seesModelCost),
  }),
);

export const readEntitlementToken = route(
  'GET /v1/billing/entitlements/token',
  {
    summary: 'Get a signed entitlement, for a client that holds to it',
    description:
      'A JWT (EdDSA), which the client verifies by `/.well-known/jwks.json`, also offline: audience the product, subject the account, `entitlement` the product’s entry of `GET /v1/billing/entitlements`, without budgets. It ends after a day, or when the plan or anything else of it changes by then.',
    tag,
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'billing:read',
    rate: { perMinute: 60, by: 'account' },
    query: z.strictObject({ product: z.string().min(1).max(100) }),
    reply: { 200: entitlementTokenReply },
    errors: ['not_found', 'product_off'],
  },
  async ({ accountId, query }, billing) => {
    const { token, expiresAt } = await billing.entitlementToken(accountId, query.product);
    return { token, expires_at: expiresAt };
  },
);

export const listAddOns = route(
  'GET /v1/billing/add-ons',
  {
    summary: 'List all add-ons of the account, past and present, newest first',
    description:
      'Those that were bought, wherever, and those that were given. Bought again while it lasts, an add-on’s days begin when those before are over.',
    tag,
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'billing:read',
    rate: { perMinute: 120, by: 'account' },
    query: z.strictObject({ ...pageQuery }),
    reply: { 200: pageOf(addOnReply) },
  },
  async ({ accountId, query: { limit, cursor } }, billing) =>
    billing.addOns(accountId, { limit, before: beforeId(cursor) }),
);

const beforeId = (cursor: string | undefined) =>
  cursor === undefined ? undefined : positionOf(cursor, z.tuple([z.uuid()]))[0];

const isOneOf = (...values: unknown[]) => values.filter((value) => value !== undefined).length === 1;

export const giveGrant = route(
  'POST /v1/admin/grants',
  {
    summary: 'Give an account a plan or an add-on',
    description:
      'In effect at once. Without `until` a plan has no end, and an add-on lasts as long as it is sold for, after what runs already.',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    body: z
      .strictObject({
        ...emailNameField,
        ...accountNameFields,
        product: z.string().min(1).max(100),
        plan: z
          .string()
          .min(1)
          .max(100)
          .optional()
          .describe('`product.plan`, or its name within the product.'),
        add_on: z.string().min(1).max(100).optional(),
        until: instant.optional().describe('An exact end, in the future.'),
        quantity: z
          .int()
          .min(1)
          .max(10_000)
          .optional()
          .describe('Of a plan that is sold by the seat: how many.'),
        overrides: overrides.optional(),
      })
      .refine(...ONE_ACCOUNT)
      .refine(({ plan, add_on }) => isOneOf(plan, add_on), { error: 'name either plan or add_on' })
      .meta({ id: 'CreateGrantRequest' }),
    reply: { 201: grantReply },
    errors: ['not_found', 'product_off', 'wrong_account_kind'],
  },
  async ({ body, caller, origin, once }, billing) => billing.give(body, { caller, origin, once }),
);

export const giveCredits = route(
  'POST /v1/admin/credits',
  {
    summary: 'Give an account extra credits',
    description: 'Available to the next call. Credits that expire sooner are used first.',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    body: namedObject('GrantCreditsRequest', {
      ...emailNameField,
      ...accountNameFields,
      product: z.string().min(1).max(100),
      limit: z.string().min(1).max(100).describe('Which credits, where a product has several.'),
      amount: z.int().min(1).max(1_000_000_000),
      expires_at: instant.optional().describe('Without it they last.'),
    }).refine(...ONE_ACCOUNT),
    reply: { 201: creditsReply },
    errors: ['not_found', 'product_off'],
  },
  async ({ body, caller, origin, once }, billing) => billing.giveCredits(body, { caller, origin, once }),
);

export const listGrants = route(
  'GET /v1/admin/grants',
  {
    summary: 'List the grants of an account, newest first',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({ ...accountNameFields, ...pageQuery }).refine(...ONE_ACCOUNT_ID),
    reply: { 200: pageOf(grantReply) },
  },
  ({ query: { limit, cursor, ...name } }, billing) =>
    billing.grants(name, { limit, before: beforeId(cursor) }),
);

export const overrideGrant = route(
  'PUT /v1/admin/grants/:id/overrides',
  {
    summary: 'Agree with one account on other sizes than its plan has',
    description:
      'Of a plan that was given or bought, in effect at once, in place of what was agreed before; `{}` ends it. It is kept through renewals and moves to other terms, and ends with the plan: also where another is bought in its place.',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    body: namedObject('OverridesRequest', { overrides }),
    reply: { 200: grantReply },
    errors: ['not_found', 'grant_over'],
  },
  async ({ params, body, caller, origin }, billing) =>
    billing.override(params.id, body.overrides, { caller, origin }),
);

export const revokeGrant = route(
  'DELETE /v1/admin/grants/:id',
  {
    summary: 'End a grant now',
    description: 'It stays in the list, with the instant at which it ended. Ending it again changes nothing.',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: grantReply },
    errors: ['not_found'],
  },
  async ({ params, caller, origin }, billing) => billing.revoke(params.id, { caller, origin }),
);
