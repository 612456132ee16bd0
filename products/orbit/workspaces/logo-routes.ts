import { namedObject, okReply, productRoutes, signedLink, signedUpload } from 'plinth/product';
import { z } from 'zod';
import type { Logos } from './logos.ts';
import { LARGEST_LOGO, LOGO_TYPES } from './logos.ts';

const route = productRoutes<{ readonly logos: Logos }>();

const manages = {
  tag: 'Orbit workspaces',
  auth: 'user',
  within: 'admin',
  scope: 'orbit:write',
  rate: { perMinute: 30, by: 'user' },
} as const;

const WORKSPACE = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e21';
const BLOB = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e22';
const of = { params: { id: WORKSPACE } };
const URL = 'https://plinth.example.com/v1/blobs/0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e22?signature=x';

export const uploadLogo = route(
  'POST /v1/workspaces/:id/logo',
  {
    ...manages,
    summary: 'Start the upload of a logo',
    description:
      'For a plan that has one. Answers where to send the file, as it is and with these headers; then `POST …/logo/:blob_id/complete`.',
    secrets: ['upload'],
    body: namedObject('UploadLogoRequest', {
      filename: z.string().min(1).max(200),
      type: z.enum(LOGO_TYPES),
      bytes: z.int().min(1).max(LARGEST_LOGO),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in hex.'),
    }),
    reply: {
      201: namedObject('LogoUpload', {
        blob_id: z.uuid(),
        upload: signedUpload
          .nullable()
          .describe('null where the call is repeated with its Idempotency-Key: begin anew.'),
      }),
    },
    errors: ['not_found', 'forbidden', 'plan_required', 'limit_exceeded', 'upload_invalid'],
    example: {
      ...of,
      body: { filename: 'logo.png', type: 'image/png', bytes: 4_096, sha256: 'a'.repeat(64) },
      reply: {
        blob_id: BLOB,
        upload: {
          method: 'PUT',
          url: URL,
          headers: { 'content-type': 'image/png' },
          expires_at: '2026-11-20T09:00:00.000Z',
        },
      },
    },
  },
  ({ caller, origin, params, body, onceInSteps }, { logos }) =>
    logos.presign({ caller, origin, organization: params.id, onceInSteps }, body),
);

export const completeLogo = route(
  'POST /v1/workspaces/:id/logo/:blob_id/complete',
  {
    ...manages,
    summary: 'Set an uploaded file as the logo',
    description: 'A file that is no PNG or JPEG is deleted. The storage of the former logo is given back.',
    reply: { 200: namedObject('WorkspaceLogo', { logo_blob_id: z.uuid() }) },
    errors: [
      'not_found',
      'forbidden',
      'blob_not_found',
      'logo_not_found',
      'logo_unreadable',
      'upload_missing',
      'upload_mismatch',
      'upload_expired',
    ],
    example: { params: { id: WORKSPACE, blob_id: BLOB }, reply: { logo_blob_id: BLOB } },
  },
  ({ caller, origin, params, once }, { logos }) =>
    logos.complete({ caller, origin, organization: params.id, once }, params.blob_id),
);

export const readLogo = route(
  'GET /v1/workspaces/:id/logo',
  {
    ...manages,
    within: 'viewer',
    scope: 'orbit:read',
    rate: { perMinute: 120, by: 'user' },
    summary: 'Create a link to the logo',
    reply: { 200: signedLink },
    errors: ['not_found', 'logo_not_found', 'blob_not_found'],
    example: { ...of, reply: { url: URL, expires_at: '2026-11-20T09:00:00.000Z' } },
  },
  ({ caller, origin, params }, { logos }) => logos.link({ caller, origin, organization: params.id }),
);

export const deleteLogo = route(
  'DELETE /v1/workspaces/:id/logo',
  {
    ...manages,
    summary: 'Delete the logo',
    reply: { 200: okReply },
    errors: ['not_found', 'forbidden'],
    example: { ...of, reply: { ok: true } },
  },
  async ({ caller, origin, params }, { logos }) => {
    await logos.remove({ caller, origin, organization: params.id });
    return { ok: true };
  },
);
