import { answer, fileReply, namedObject, type Route, routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import type { Brands, BrandView } from './brands.ts';
import { MOST_LOGO_BYTES } from './logo.ts';
import { storedBrand } from './stored-brand.ts';

const route = routesFor<Brands>();
const reads = {
  tag: 'Admin',
  auth: 'admin',
  scope: 'admin:read',
  rate: { perMinute: 60, by: 'user' },
  params: { product: 'text' },
} as const;
const writes = {
  ...reads,
  scope: 'admin:write',
  versioned: true,
  errors: ['not_found', 'precondition_failed'],
} as const;

const reply = namedObject('Brand', {
  product: z.string().describe('A product, or `server`: for all that is of no product.'),
  stored: z.looseObject({}).describe('As it was stored.'),
  version: z.int().describe('For If-Match, in quotes; `"0"` where nothing is stored.'),
  logo_type: z.string().nullable().describe('Of its own logo; null: it has none.'),
  changed_at: z.iso.datetime().nullable(),
  changed_by: z.uuid().nullable(),
  effective: namedObject('EffectiveBrand', {
    name: z.string(),
    from_name: z.string(),
    accent: z.string(),
    accent_text: z.string(),
    logo_url: z.string().nullable(),
    support: z.string().nullable(),
    terms_url: z.string().nullable(),
    privacy_url: z.string().nullable(),
    app_url: z.string().nullable(),
    sign_up_url: z.string().nullable(),
    welcome_mail: z.boolean(),
  }).describe(
    'As customers see it: with the fields of the server’s brand and of settings where it has none.',
  ),
});

export const brandPreviewReply = namedObject('BrandPreview', {
  subject: z.string().describe('Of a page: its title.'),
  text: z.string().describe('Of a page: empty.'),
  html: z.string(),
});

const versioned = (view: BrandView) => answer(200, view, { etag: `"${view.version}"` });

const listBrands = route(
  'GET /v1/admin/brands',
  {
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    summary: 'List the brands that customers see: the server’s, and each product’s',
    reply: { 200: namedObject('BrandList', { data: z.array(reply) }) },
  },
  async (_call, brands) => ({ data: [...(await brands.list())] }),
);

const readBrand = route(
  'GET /v1/admin/brands/:product',
  {
    ...reads,
    summary: 'Read the brand of a product, or of the server',
    reply: { 200: reply },
    errors: ['not_found'],
  },
  async ({ params }, brands) => versioned(await brands.read(params.product)),
);

const putBrand = route(
  'PUT /v1/admin/brands/:product',
  {
    ...writes,
    summary: 'Set the brand of a product, or of the server',
    description:
      'All of its fields at once, but for the logo: a field that is left out is the server’s. Every process shows it within seconds.',
    body: storedBrand,
    reply: { 200: reply },
  },
  async ({ params, body, ifMatch: version, caller, origin }, brands) =>
    versioned(await brands.store({ ...params, version, caller, origin }, body)),
);

const putLogo = route(
  'PUT /v1/admin/brands/:product/logo',
  {
    ...writes,
    summary: 'Set the logo of a brand',
    description: `PNG, JPEG or WebP, up to ${MOST_LOGO_BYTES} bytes and 2000 pixels on each side. SVG is not taken: it can hold scripts.`,
    maxBody: 2 * MOST_LOGO_BYTES,
    body: namedObject('PutBrandLogoRequest', { base64: z.base64().min(4) }),
    reply: { 200: reply },
  },
  async ({ params, body, ifMatch: version, caller, origin }, brands) =>
    versioned(await brands.storeLogo({ ...params, version, caller, origin }, body.base64)),
);

const deleteLogo = route(
  'DELETE /v1/admin/brands/:product/logo',
  { ...writes, summary: 'Remove the logo of a brand', reply: { 200: reply } },
  async ({ params, ifMatch: version, caller, origin }, brands) =>
    versioned(await brands.removeLogo({ ...params, version, caller, origin })),
);

const previewBrand = route(
  'GET /v1/admin/brands/:product/preview',
  {
    ...reads,
    summary: 'Preview a mail, or a page, in a brand',
    query: z.strictObject({
      mail: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .describe('Name of its template: `invitation`. Without it a page behind a link is shown.'),
    }),
    reply: { 200: brandPreviewReply },
    errors: ['not_found'],
  },
  async ({ params, query }, brands) => brands.preview(params.product, query.mail),
);

/** An image alone: no script runs in it, and no page frames it. */
const IMAGE_HEADERS = {
  'cache-control': 'public, max-age=86400',
  'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
} as const;

const readLogo = route(
  'GET /v1/brands/:product/logo',
  {
    summary: 'Get the logo of a brand',
    description: 'For pages and mails of customers. 404 where the brand has no logo of its own.',
    tag: 'Brands',
    auth: 'none',
    rate: { perMinute: 600, by: 'ip' },
    params: { product: 'text' },
    query: z.strictObject({
      v: z.string().max(64).optional().describe('Another for each logo, for caches.'),
    }),
    produces: ['image/png', 'image/jpeg', 'image/webp'],
    reply: { 200: fileReply },
    errors: ['not_found'],
  },
  async ({ params, wire }, brands) => {
    const logo = await brands.readLogo(params.product);
    if (logo === undefined) throw new AppError('not_found', { message: 'There is no logo.' });
    const response = wire.take();
    response.writeHead(200, { ...IMAGE_HEADERS, 'content-type': logo.type });
    response.end(logo.content);
  },
);

/** Brands, for platform admins; and logos, for all. */
export const brandRoutes: Route[] = [
  listBrands,
  readBrand,
  putBrand,
  putLogo,
  deleteLogo,
  previewBrand,
  readLogo,
];
