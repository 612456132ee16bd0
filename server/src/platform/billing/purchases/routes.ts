import { accountNameFields, emailNameField, ONE_ACCOUNT } from '#platform/accounts';
import { instant, namedObject, routesFor, routesOf } from '#platform/http';
import { z } from 'zod';
import { EXTENSION_REASONS } from '../payment-provider.ts';
import type { Purchases } from './purchases.ts';
import { namesReply, purchaseReply } from './views.ts';

const route = routesFor<Purchases>();
const tag = 'Billing';

const readNames = route(
  'GET /v1/billing/purchases',
  {
    summary: 'Read the token that an app passes to the store with a purchase',
    description:
      'Pass it to the store with each purchase: then the purchase belongs to the account even if the app never sends it here.',
    tag,
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'billing:read',
    rate: { perMinute: 120, by: 'account' },
    reply: { 200: namesReply },
  },
  async ({ accountId }, purchases) => purchases.names(accountId),
);

const bindPurchase = route(
  'POST /v1/billing/purchases',
  {
    summary: 'Link an App Store or Google Play purchase to the account',
    description:
      'For purchases that were restored, bought with an offer code or through Family Sharing, or whose first notification was lost. A purchase that names an account belongs to that one; one that names none goes to the account that sends it first, if the store says that it is current. It takes no Idempotency-Key: a repeated call changes nothing.',
    tag,
    auth: 'account',
    onBehalf: true,
    may: 'admin',
    idempotency: 'none',
    scope: 'billing:write',
    rate: { perMinute: 20, by: 'account' },
    body: namedObject('BindPurchaseRequest', {
      signed_transaction: z
        .string()
        .min(1)
        .max(30_000)
        .optional()
        .describe('StoreKit’s `jwsRepresentation`.'),
      purchase_token: z.string().min(1).max(4_000).optional().describe('Google Play’s `purchaseToken`.'),
    }).refine(
      ({ signed_transaction: apple, purchase_token: google }) =>
        (apple === undefined) !== (google === undefined),
      {
        error: 'name either signed_transaction or purchase_token',
      },
    ),
    private: true,
    reply: { 200: purchaseReply },
    errors: [
      'purchase_unknown',
      'purchase_bound',
      'purchase_over',
      'app_not_sold',
      'store_unavailable',
      'store_refused',
    ],
  },
  async ({ body, accountId, caller, origin }, purchases) =>
    purchases.bind({ accountId, caller, origin }, body),
);

const extend = route(
  'PUT /v1/admin/billing/renewal-date',
  {
    summary: 'Extend an App Store or Google Play subscription at no charge',
    description:
      'Its next renewal is no earlier than `until`: the store adds the whole days that are missing, and tells the customer. Asked again for the same date it changes nothing. Apple adds 90 days at most, twice a year; Google a year.',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    body: namedObject('ExtendSubscriptionRequest', {
      ...emailNameField,
      ...accountNameFields,
      store: z.enum(['app_store', 'google_play']),
      product: z.string().min(1).max(100),
      until: instant,
      reason: z.enum(EXTENSION_REASONS).default('other'),
    }).refine(...ONE_ACCOUNT),
    reply: { 200: purchaseReply },
    errors: ['not_found', 'nothing_sold', 'store_refused', 'store_unavailable'],
  },
  ({ body, caller, origin }, purchases) => purchases.extend(body, { caller, origin }),
);

/** Purchases in apps. Their service is `Purchases`. */
export const purchaseRoutes = routesOf({ readNames, bindPurchase, extend });
