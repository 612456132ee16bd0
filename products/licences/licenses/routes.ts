import { instant, namedObject, pageOf, pageQuery, productRoutes, sendDownload } from 'plinth/product';
import { z } from 'zod';
import type { Licences } from '../service.ts';
import type { LicenseHead } from './license.ts';
import { licenseReply, statusReply } from './replies.ts';

const route = productRoutes<Licences, LicenseHead>();

const tag = 'Coditect licences';
const reads = {
  tag,
  auth: 'account',
  onBehalf: true,
  may: 'viewer',
  scope: 'coditect:read',
  rate: { perMinute: 120, by: 'account' },
} as const;

export const listLicenses = route(
  'GET /v1/licenses',
  {
    ...reads,
    summary: 'List the licences of the account with their seats',
    description: 'An account has one, and keeps it and its key for life.',
    query: z.strictObject({
      active: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
      tier: z.string().min(1).max(100).optional().describe('A plan: `pro`.'),
      expires_before: instant.optional(),
      expires_after: instant.optional(),
      ...pageQuery,
    }),
    reply: { 200: pageOf(licenseReply) },
  },
  ({ accountId, query }, { views }) => views.list(accountId, query),
);

export const readLicense = route(
  'GET /v1/licenses/:id',
  {
    ...reads,
    summary: 'Read a licence; owners and admins see its key',
    reply: { 200: licenseReply },
  },
  ({ accountId, params, role }, { views }) => views.read(accountId, params.id, role),
);

export const rotateLicenseKey = route(
  'POST /v1/licenses/:id/key',
  {
    tag,
    summary: 'Replace the key of a licence',
    description:
      'For a key that somebody has who should not. The former one is unknown at once; sessions that run go on, and machines stay activated.',
    auth: 'account',
    onBehalf: true,
    may: 'admin',
    scope: 'coditect:write',
    rate: { perMinute: 6, by: 'account' },
    secrets: ['license_key'],
    reply: {
      200: namedObject('LicenseKeyRotation', {
        license_key: z
          .string()
          .nullable()
          .describe('null where the call is repeated with its Idempotency-Key.'),
      }),
    },
  },
  (call, { rotateKey }) => rotateKey(call),
);

const PARTS = ['signed', 'license', 'rsa-4096', 'ed25519'] as const;

export const downloadLicense = route(
  'GET /v1/licenses/:id/download',
  {
    ...reads,
    summary: 'Download the signed licence file',
    description:
      'JSON with the licence and both signatures. `part=license` answers the bytes that are signed, `part=rsa-4096` and `part=ed25519` a signature as bytes: so that `openssl` alone verifies them (docs/coditect.md). A copied file grants no seat.',
    // A server's first file waits for its RSA key to be made.
    maxSeconds: 120,
    query: z.strictObject({ part: z.enum(PARTS).default('signed') }),
    reply: {
      200: namedObject('SignedLicense', {
        license: z.record(z.string(), z.unknown()),
        signatures: z.array(
          namedObject('LicenseSignature', {
            key_id: z.string(),
            algorithm: z.enum(['RS256', 'EdDSA']),
            signature: z.string().describe('Base64, over the licence in the canonical form of RFC 8785.'),
          }),
        ),
      }),
    },
    produces: ['application/json', 'application/octet-stream'],
    errors: ['license_suspended', 'license_inactive'],
  },
  async ({ accountId, params, query, role, wire, origin }, { views, files }) => {
    await views.read(accountId, params.id, role);
    const { name, type, bytes } = await files.download(accountId, query.part);
    await sendDownload(wire, { name, type, batches: oneBatch(bytes) }, origin.signal);
  },
);

async function* oneBatch(bytes: Uint8Array) {
  yield bytes;
}

export const readStatus = route(
  'GET /v1/licenses/:key/status',
  {
    tag,
    summary: 'Read the status of a licence by its key',
    auth: 'product_key',
    params: { key: 'text' },
    productKey: ({ params }) => params.key,
    rate: [
      { perMinute: 120, by: 'ip' },
      { perMinute: 120, by: 'key' },
    ],
    reply: { 200: statusReply },
    errors: ['license_key_malformed', 'license_not_found'],
  },
  ({ productKey }, { views }) => views.status(productKey.accountId),
);
