import {
  answer,
  htmlPage,
  instant,
  linkButton,
  namedObject,
  pageOf,
  pageQuery,
  positionOf,
  routesFor,
  wholeNumber,
} from '#platform/http';
import { z } from 'zod';
import { buys, reads } from '../access.ts';
import { currencyCode } from '../currency-code.ts';
import { SOLD_CYCLES } from '../cycles.ts';
import { isFinal } from '../providers/stripe/client.ts';
import { NOT_HERE, ORDER_ERRORS } from './order-errors.ts';
import type { Subscriptions } from './service.ts';
import {
  canceledReply,
  changedReply,
  checkoutReply,
  followedLinkReply,
  invoiceReply,
  portalReply,
  previewReply,
  subscriptionReply,
} from './views.ts';

const route = routesFor<Subscriptions>();

const ONCE = 'A repeated call has no further effect, also without an Idempotency-Key.';

const product = z.string().min(1).max(100);
const planId = z.string().min(1).max(100).describe('`product.plan`, or its name within the product.');
const cycle = z.enum(SOLD_CYCLES);
const MOST = 10_000;
const quantity = z.int().min(1).max(MOST).describe('Seats of a plan that is sold by the seat, or add-ons.');
const promotion = z.string().min(1).max(100).describe('As it is advertised. Without one the page asks.');
/** Where the provider sends browsers. */
const RETURN_URL = 'A page of yours; Stripe puts the session’s id in place of {CHECKOUT_SESSION_ID}.';
const OWN_PAGE = 'Not said: a page of this server, which sends people back to their app.';
const returnUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .describe(RETURN_URL);
const isOneOf = (...values: unknown[]) => values.filter((value) => value !== undefined).length === 1;
const recurringFields = { unit_amount: z.int().min(0), quantity: z.int().min(1), currency: currencyCode };
const recurringPrice = namedObject('AgreedRecurringPrice', recurringFields).describe(
  '`price` and `quantity` as the subscription was shown. Another price now is 409 `price_changed`.',
);
const changePrice = namedObject('AgreedChangePrice', { ...recurringFields, due_now: z.int() }).describe(
  'As the preview was. Another price now is 409 `price_changed` with it, and nothing is charged.',
);
const named = z.strictObject({
  product: product.optional().describe('Needed where the account has subscriptions of several products.'),
});

const position = z.tuple([instant, z.uuid()]);
const before = (cursor: string | undefined) =>
  cursor === undefined ? undefined : positionOf(cursor, position);

export const openCheckout = route(
  'POST /v1/billing/checkout',
  {
    ...buys,
    summary: 'Buy a plan or an add-on',
    description: `Answers the provider’s page, where the customer pays; the plan is in effect seconds after. There is one page at a time for each product: the same order is answered with the same page, another order closes the former. ${ONCE}`,
    body: z
      .strictObject({
        product: product.optional().describe('Needed unless `tier` is there.'),
        tier: z
          .string()
          .min(1)
          .max(100)
          .optional()
          .describe(
            'A plan of the product whose plans are tiers (`GET /v1/me`), in place of product and plan.',
          ),
        plan: planId.optional(),
        add_on: z.string().min(1).max(100).optional(),
        cycle: cycle.default('monthly'),
        quantity: quantity.default(1),
        currency: currencyCode
          .optional()
          .describe(
            'One that it is sold in. Not said: that in which the account pays already, or the product’s.',
          ),
        success_url: returnUrl.optional().describe(`${RETURN_URL} ${OWN_PAGE}`),
        cancel_url: returnUrl.optional().describe(OWN_PAGE),
        promotion_code: promotion.optional(),
      })
      .refine(({ plan, add_on, tier }) => isOneOf(plan, add_on, tier), {
        error: 'name one of plan, add_on and tier',
      })
      .refine((order) => isOneOf(order.product, order.tier), {
        error: 'name a product, or a tier without one',
      })
      .meta({ id: 'CreateCheckoutSessionRequest' }),
    private: true,
    reply: { 201: checkoutReply },
    errors: [
      ...NOT_HERE,
      'already_subscribed',
      'managed_elsewhere',
      'prices_missing',
      'product_off',
      'wrong_account_kind',
      'conflict',
    ],
  },
  ({ accountId, caller, spender, origin, body, onceInSteps }, subscriptions) =>
    onceInSteps({
      isOver: isFinal,
      async run() {
        const visitor = { accountId, caller, spender, origin };
        const { url, expiresAt, trialDays, trialNeedsCard } = await subscriptions.checkout(visitor, body);
        return answer(201, {
          checkout_url: url,
          expires_at: expiresAt.toISOString(),
          trial_days: trialDays,
          trial_needs_card: trialNeedsCard,
        });
      },
    }),
);

const CLOSED_PAGE = htmlPage({
  title: 'Go back to the app',
  content: ({ name, appUrl }) =>
    `<p>You can close this window. If you have paid, your plan is in effect within seconds.</p>${appUrl === undefined ? '' : `<p>${linkButton(appUrl, `Open ${name}`)}</p>`}`,
});

export const showClosedCheckout = route(
  'GET /v1/billing/checkout/closed',
  {
    summary: 'Show the page after a checkout',
    description: 'Where the provider sends the customers of an app that has no pages: paid or not.',
    tag: 'Billing',
    auth: 'none',
    page: true,
    rate: { perMinute: 60, by: 'ip' },
    reply: { 200: z.string().describe('A page for people, in HTML.') },
  },
  async () => CLOSED_PAGE,
);

export const showCheckoutLink = route(
  'GET /v1/billing/checkout/link',
  {
    summary: 'Show the page of a checkout link',
    description:
      'Behind `checkout_url` of a denial, with the plan or pack, its price and its limits. Nothing is bought by opening it: a person presses its button.',
    tag: 'Billing',
    auth: 'none',
    page: true,
    rate: { perMinute: 60, by: 'ip' },
    query: z.strictObject({ sold: z.string().max(100).default('').describe('The plan’s or the pack’s id.') }),
    reply: { 200: z.string().describe('A page for people, in HTML.') },
  },
  async ({ query }, subscriptions) => subscriptions.linkPage(query.sold),
);

export const followCheckoutLink = route(
  'POST /v1/billing/checkout/link',
  {
    summary: 'Follow a checkout link',
    description: `What the page of the link calls. An account without a subscription gets the provider’s page; one that has a subscription of the product gets the price of the change, and changes when it sends that as \`agreed\`. It takes no Idempotency-Key: ${ONCE.charAt(0).toLowerCase()}${ONCE.slice(1).replace(', also without an Idempotency-Key', '')}`,
    tag: 'Billing',
    auth: 'none',
    rate: { perMinute: 20, by: 'ip' },
    idempotency: 'none',
    private: true,
    body: namedObject('FollowCheckoutLinkRequest', {
      token: z.string().min(1).max(1_000).describe('What is behind the # of the link.'),
      agreed: changePrice.optional(),
    }),
    reply: { 200: followedLinkReply },
    errors: [...ORDER_ERRORS, 'not_found', 'checkout_link_expired'],
  },
  ({ body, origin }, subscriptions) => subscriptions.followLink(body, origin),
);

export const openPortal = route(
  'POST /v1/billing/portal',
  {
    ...buys,
    summary: 'Change the card, see invoices',
    description:
      'Answers the provider’s own pages for this customer, good for a few minutes: cards, invoices, addresses, and canceling. Plans are changed by `POST /v1/billing/subscription/change`. It takes no Idempotency-Key: each call creates a page and changes nothing.',
    idempotency: 'none',
    body: namedObject('CreatePortalSessionRequest', { return_url: returnUrl }),
    reply: { 201: portalReply },
    errors: [...NOT_HERE, 'not_found'],
  },
  async ({ accountId, caller, spender, origin, body }, subscriptions) =>
    answer(201, {
      portal_url: await subscriptions.portal({ accountId, caller, spender, origin }, body.return_url),
    }),
);

export const readSubscription = route(
  'GET /v1/billing/subscription',
  {
    ...reads,
    summary: 'Read the current subscription',
    query: named,
    reply: { 200: subscriptionReply },
    errors: ['not_found', 'nothing_sold'],
  },
  ({ accountId, query }, subscriptions) => subscriptions.read(accountId, query.product),
);

export const listSubscriptions = route(
  'GET /v1/billing/subscriptions',
  {
    ...reads,
    summary: 'List all subscriptions of the account, past and present, newest first',
    query: z.strictObject({ ...pageQuery }),
    reply: { 200: pageOf(subscriptionReply) },
  },
  ({ accountId, query: { limit, cursor } }, subscriptions) =>
    subscriptions.list(accountId, { limit, before: before(cursor) }),
);

export const cancelSubscription = route(
  'DELETE /v1/billing/subscription',
  {
    ...buys,
    summary: 'Cancel a subscription',
    description:
      'With the end of what is paid for, unless `when=now`: then it ends at once, what was used past limits is billed, and nothing is paid back. A change that was arranged is taken back.',
    query: named.extend({ when: z.enum(['now', 'period_end']).default('period_end') }),
    reply: { 200: canceledReply },
    errors: [...NOT_HERE, 'not_found', 'managed_elsewhere', 'change_replaced', 'conflict'],
  },
  async ({ accountId, caller, origin, query }, subscriptions) => {
    const visitor = { accountId, caller, origin };
    const endsAt = await subscriptions.cancel(visitor, query.product, query.when);
    return { ok: true, ends_at: endsAt.toISOString() };
  },
);

export const resumeSubscription = route(
  'POST /v1/billing/subscription/resume',
  {
    ...buys,
    summary: 'Resume a canceled subscription',
    description: `Takes back that it was canceled, as long as it has not ended, or a pause. ${ONCE}`,
    body: named.extend({ agreed: recurringPrice }).meta({ id: 'ResumeSubscriptionRequest' }),
    reply: { 200: subscriptionReply },
    errors: [
      ...NOT_HERE,
      'not_found',
      'managed_elsewhere',
      'product_off',
      'change_replaced',
      'conflict',
      'subscription_over',
      'payment_declined',
      'price_changed',
    ],
  },
  ({ accountId, caller, origin, body, onceInSteps }, subscriptions) =>
    onceInSteps({
      isOver: isFinal,
      run: async (providerKey) =>
        answer(200, await subscriptions.resume({ accountId, caller, origin, providerKey }, body)),
    }),
);

const changed = named.extend({
  plan: planId.optional(),
  cycle: cycle.optional(),
  quantity: quantity.optional(),
  when: z
    .enum(['now', 'period_end'])
    .optional()
    .describe(
      'Not said: now for what costs more, and with the end of what is paid for what costs less, or for fewer months.',
    ),
  promotion_code: promotion.optional(),
  prorated_at: instant
    .nullish()
    .describe(
      'Of a preview of the last quarter of an hour: then the change costs what it said; null: it says none.',
    ),
});
const CHANGE_ERRORS = [
  ...NOT_HERE,
  'not_found',
  'managed_elsewhere',
  'prices_missing',
  'product_off',
] as const;

export const changeSubscription = route(
  'POST /v1/billing/subscription/change',
  {
    ...buys,
    summary: 'Change plan, cycle or seats',
    description: `A dearer plan is charged and takes effect at once, or the card is declined and nothing changes. If the bank asks the customer to confirm, \`confirmation\` names the page for that: until then, and if they do not confirm, the plan is unchanged. A plan below the current usage is refused with the list (\`does_not_fit\`), or arranged for the end of the period with the same list. A change to the present plan cancels an arranged or pending change. ${ONCE}`,
    body: changed.extend({ agreed: changePrice }).meta({ id: 'ChangeSubscriptionRequest' }),
    reply: { 200: changedReply },
    errors: [
      ...CHANGE_ERRORS,
      'does_not_fit',
      'card_missing',
      'payment_declined',
      'price_changed',
      'debit_takes_days',
      'change_replaced',
      'conflict',
      'subscription_ending',
      'subscription_over',
    ],
  },
  ({ accountId, caller, origin, body, onceInSteps }, subscriptions) =>
    onceInSteps({
      isOver: isFinal,
      async run(providerKey) {
        const visitor = { accountId, caller, origin, providerKey };
        const { subscription, notFitting, confirmation } = await subscriptions.change(visitor, body);
        return answer(200, { subscription, not_fitting: [...notFitting], confirmation });
      },
    }),
);

export const previewChange = route(
  'GET /v1/billing/subscription/preview',
  {
    ...reads,
    operation: 'previewSubscriptionChange',
    summary: 'Preview the cost of a subscription change',
    query: changed.extend({ quantity: wholeNumber(1, MOST).optional() }),
    reply: { 200: previewReply },
    errors: CHANGE_ERRORS,
  },
  ({ accountId, query }, subscriptions) => subscriptions.preview(accountId, query),
);

export const listInvoices = route(
  'GET /v1/billing/invoices',
  {
    ...reads,
    summary: 'List the invoices of the account, newest first',
    query: z.strictObject({ ...pageQuery }),
    reply: { 200: pageOf(invoiceReply) },
  },
  ({ accountId, query: { limit, cursor } }, subscriptions) =>
    subscriptions.invoices(accountId, { limit, before: before(cursor) }),
);
