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
  },
  async ({ caller, origin, params }, { logos }) => {
    await logos.remove({ caller, origin, organization: params.id });
    return { ok: true };
  },
);
