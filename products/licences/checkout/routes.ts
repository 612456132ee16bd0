import { answer, isFinal, namedObject, productRoutes } from 'plinth/product';
import { z } from 'zod';
import type { Licences } from '../service.ts';
import { CANCELED } from './pages.ts';

const route = productRoutes<Licences>();

const page = {
  tag: 'Coditect licences',
  auth: 'none',
  rate: { perMinute: 60, by: 'ip' },
  page: true,
} as const;

const url = z.url({ protocol: /^https?$/ }).max(2_000);

export const openCheckout = route(
  'POST /v1/checkout/session',
  {
    summary: 'Buy a plan of Coditect',
    description:
      'Answers the payment provider’s page; the plan and its licence are there seconds after the payment. Without `success_url` the customer comes back to a page of this server that shows the licence key. The same order is answered with the same page. `POST /v1/billing/checkout` sells the plans of all products.',
    tag: 'Coditect licences',
    auth: 'account',
    onBehalf: true,
    may: 'admin',
    scope: 'billing:write',
    rate: { perMinute: 20, by: 'account' },
    private: true,
    body: namedObject('BuyLicenseRequest', {
      plan_id: z.string().min(1).max(100).describe('`coditect.pro`, or `pro`.'),
      cycle: z.enum(['monthly', 'yearly']).default('monthly'),
      success_url: url.optional().describe('The session’s id is put in place of {CHECKOUT_SESSION_ID}.'),
      cancel_url: url.optional(),
    }),
    reply: {
      201: namedObject('LicenseCheckout', {
        checkout_url: z.url(),
        session_id: z.string(),
        expires_at: z.iso.datetime(),
        trial_days: z.int().nullable().describe('Of the trial that it offers; null: it is paid at once.'),
        trial_needs_card: z
          .boolean()
          .nullable()
          .describe('Whether the page asks for a card; null: no trial.'),
      }),
    },
    errors: [
      'nothing_sold',
      'store_unavailable',
      'store_refused',
      'already_subscribed',
      'managed_elsewhere',
      'prices_missing',
      'wrong_account_kind',
      'conflict',
    ],
  },
  ({ accountId, caller, spender, origin, body, onceInSteps }, { checkout }) =>
    onceInSteps({
      isOver: isFinal,
      async run() {
        const bought = await checkout({ accountId, caller, spender, origin }, body);
        return answer(201, {
          checkout_url: bought.url,
          session_id: bought.id,
          expires_at: bought.expiresAt.toISOString(),
          trial_days: bought.trialDays,
          trial_needs_card: bought.trialNeedsCard,
        });
      },
    }),
);

export const checkoutSuccess = route(
  'GET /v1/checkout/success',
  {
    ...page,
    operation: 'showCheckoutSuccess',
    summary: 'Show the page after a payment, with the licence key',
    description:
      'For an hour, to anyone with the id of the checkout session. The page reloads until the payment has arrived.',
    query: z.strictObject({ session_id: z.string().min(1).max(300) }),
    reply: { 200: z.string() },
  },
  ({ query }, { successPage }) => successPage(query.session_id),
);

export const checkoutCancel = route(
  'GET /v1/checkout/cancel',
  {
    ...page,
    operation: 'showCheckoutCancel',
    summary: 'Show the page after a canceled payment',
    reply: { 200: z.string() },
  },
  async () => CANCELED,
);
