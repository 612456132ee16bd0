import { ORDER_ERRORS } from '#platform/billing';
import { brandPreviewReply, MOST_LOGO_BYTES, storedBrand } from '#platform/brands';
import { answer, isHtmlPage, namedObject, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Portal } from './portal.ts';
import { PORTAL } from './sessions.ts';

const route = routesFor<Portal>();
const page = z.string().describe('A page for people, in HTML.');
const tag = 'Portal';
const visited = { tag, auth: 'none', page: true, rate: { perMinute: 60, by: 'ip' } } as const;
const GONE = ['customer_unknown', 'customer_archived', 'not_found'] as const;

const field = z.string().max(1_000);
const portalForm = namedObject('PortalForm', {
  token: field.describe('As the page has it.'),
  action: z.enum(['pay', 'plan', 'top_up', 'end_top_up', 'revoke', 'withdraw']),
  plan: field.optional(),
  cycle: z.enum(['monthly', 'yearly']).optional(),
  quantity: field.optional(),
  agreed: field.optional().describe('The price that the page has shown.'),
  add_on: field.optional().describe('The pack of a top-up.'),
  threshold: field.optional(),
  packs: field.optional().describe('Most that a month’s top-ups buy.'),
  limit: field.optional(),
  key: field.optional(),
});

const makeLink = route(
  'POST /v1/portal/links',
  {
    summary: 'Make a link to the portal of a customer',
    description:
      'Pages in the product’s brand, where the customer sees plan, use, invoices, members and API keys, changes the plan, and finds the payment provider’s own pages. Send them there at once: the link opens the portal once, within five minutes, for an hour. It takes no Idempotency-Key: each call makes a link and changes nothing.',
    tag,
    auth: 'account',
    onBehalf: true,
    may: 'admin',
    scope: 'billing:write',
    rate: { perMinute: 60, by: 'account' },
    idempotency: 'none',
    body: namedObject('CreatePortalLinkRequest', {
      product: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .describe('Whose plan and use are shown. Needed where several products run.'),
      return_url: z
        .url({ protocol: /^https?$/ })
        .max(1_000)
        .regex(/^[\x21-\x7e]+$/, { error: 'is percent-encoded' })
        .describe('Where a link of the page leads back to.'),
    }),
    reply: {
      201: namedObject('PortalLink', { url: z.url(), expires_at: z.iso.datetime() }),
    },
    errors: ['not_found', 'product_off'],
  },
  async ({ accountId, caller, spender, body, wire }, portal) => {
    const customer = wire.request.headers['x-customer-id'];
    const { url, expiresAt } = portal.link({
      accountId,
      caller,
      spender,
      customer: typeof customer === 'string' ? customer : undefined,
      product: body.product,
      returnUrl: body.return_url,
    });
    return answer(201, { url, expires_at: new Date(expiresAt).toISOString() });
  },
);

const openPortal = route(
  'GET /portal/open',
  {
    ...visited,
    summary: 'Follow a link to the portal',
    description: 'Leads on to it, with a cookie that holds for an hour.',
    query: z.strictObject({ token: z.string().min(1).max(5_000) }),
    reply: { 302: z.undefined() },
    errors: ['portal_link_over', 'portal_closed', ...GONE],
  },
  async ({ query, origin, wire }, portal) => {
    // Programs that only look at links ask so: it is not used up by them.
    if (wire.request.method === 'HEAD') return answer(302, undefined, { location: PORTAL });
    const cookie = await portal.open(query.token, origin);
    return answer(302, undefined, { location: PORTAL, 'set-cookie': cookie });
  },
);

const showPortal = route(
  'GET /portal',
  {
    ...visited,
    operation: 'showPortal',
    summary: 'Show the portal of a customer',
    description: 'As a link to it has let them in (`POST /v1/portal/links`).',
    query: z.strictObject({ view: z.enum(['plans']).optional() }),
    reply: { 200: page },
    errors: ['portal_closed', 'product_off', ...GONE],
  },
  ({ query, origin, wire }, portal) => {
    const request = { cookies: wire.request.headers.cookie, origin };
    return query.view === 'plans' ? portal.showPlans(request) : portal.show(request);
  },
);

const submitForm = route(
  'POST /portal',
  {
    ...visited,
    operation: 'actInPortal',
    summary: 'Send a form of the portal',
    description:
      'What its pages send, and they alone. It takes no Idempotency-Key: a change is made for the price that its page has shown.',
    urlencoded: true,
    maxBody: 16_384,
    body: portalForm,
    reply: { 200: page, 303: z.undefined() },
    errors: [
      ...ORDER_ERRORS,
      'card_missing',
      'refund_too_large',
      'payment_disputed',
      'withdrawal_over',
      'portal_closed',
      'foreign_form',
      'forbidden',
      ...GONE,
    ],
  },
  async ({ body, origin, wire }, portal) => {
    const { headers } = wire.request;
    const shown = await portal.submit({ cookies: headers.cookie, origin, from: headers.origin }, body);
    return isHtmlPage(shown) ? shown : answer(303, undefined, { location: PORTAL });
  },
);

const previewDraft = route(
  'POST /v1/admin/brands/:product/preview',
  {
    operation: 'previewAdminBrandDraft',
    summary: 'Preview a brand before it is stored',
    description:
      'A mail, the portal of a customer who is made up, the price table, or a page behind a link, as customers would see it. The logo is in it, as a data URL. It takes no Idempotency-Key: it reads.',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    idempotency: 'none',
    params: { product: 'text' },
    maxBody: 2 * MOST_LOGO_BYTES,
    body: namedObject('BrandPreviewRequest', {
      brand: storedBrand,
      logo: z
        .base64()
        .min(4)
        .nullable()
        .optional()
        .describe('PNG, JPEG or WebP; null: none of its own; as it is stored when left out.'),
      show: z.enum(['mail', 'page', 'portal', 'prices']),
      mail: z.string().min(1).max(100).default('invitation').describe('Name of its template.'),
    }),
    reply: { 200: brandPreviewReply },
    errors: ['not_found', 'product_off'],
  },
  async ({ params, body }, portal) => portal.previewBrand(params.product, body),
);

/** The portal of customers, and how a brand looks there. */
export const portalRoutes: Route[] = [makeLink, openPortal, showPortal, submitForm, previewDraft];
