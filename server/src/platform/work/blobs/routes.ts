import { fileReply, type Route, routesFor, wholeNumber } from '#platform/http';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import type { BlobStorage } from './service.ts';

const route = routesFor<BlobStorage>();
const tag = 'Files';

/** Seconds: no upload is good for longer, and a reader has deadlines of its own. */
const LONGEST = 90_000;
const SIGNED = 'It is made by the server and cannot be changed: send it as it is, before it expires.';

const signed = {
  expires: wholeNumber(0, 1e11).describe('Seconds since 1970.'),
  signature: z.string().regex(/^[\w-]{43}$/),
};
const bytes = wholeNumber(0, Number.MAX_SAFE_INTEGER);
const type = z.string().min(3).max(127);

const errors = ['signed_url_invalid', 'signed_url_expired', 'blob_not_found', 'storage_unavailable'] as const;
const uploadErrors = [
  ...errors,
  'length_required',
  'unsupported_media_type',
  'upload_mismatch',
  'upload_over',
  'upload_expired',
  'upload_replaced',
  'request_timeout',
  'client_gone',
] as const;

const putContent = route(
  'PUT /v1/blobs/:id/content',
  {
    operation: 'uploadBlob',
    summary: 'Send a file',
    description: `A signed request, as an upload is answered. ${SIGNED} The body has the declared length, type and SHA-256, or nothing of it is kept. Sent twice at once, the later request counts.`,
    tag,
    auth: 'none',
    rate: { perMinute: 1_200, by: 'ip' },
    streamedBody: true,
    maxSeconds: LONGEST,
    query: z.strictObject({ ...signed, bytes, type, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    reply: { 204: z.undefined() },
    errors: uploadErrors,
  },
  ({ params, query: { signature, ...facts }, wire, origin }, { transfers }) =>
    transfers.receive({ does: 'put', id: params.id, ...facts }, { wire, origin, signature }),
);

const PART = /^[1-9]\d{0,4}$/;

const putPart = route(
  'PUT /v1/blobs/:id/parts/:part',
  {
    operation: 'uploadBlobPart',
    summary: 'Send a part of a file',
    description: `A signed request, as an upload in parts is answered: parts may come in any order, and again. ${SIGNED}`,
    tag,
    auth: 'none',
    params: { part: 'text' },
    rate: { perMinute: 1_200, by: 'ip' },
    streamedBody: true,
    maxSeconds: LONGEST,
    query: z.strictObject({ ...signed, bytes }),
    reply: { 204: z.undefined() },
    errors: [...uploadErrors, 'not_found'],
  },
  ({ params, query: { signature, ...facts }, wire, origin }, { transfers }) => {
    if (!PART.test(params.part)) throw new AppError('not_found');
    const part = Number(params.part);
    return transfers.receivePart(
      { does: 'part', id: params.id, part, ...facts },
      { wire, origin, signature },
    );
  },
);

const getContent = route(
  'GET /v1/blobs/:id/content',
  {
    operation: 'downloadBlob',
    summary: 'Download a file',
    description: `A signed link, as a download is answered. ${SIGNED} It is always saved and never shown. Takes a \`Range\` of one part, \`If-Range\` and \`If-None-Match\`.`,
    tag,
    auth: 'none',
    rate: { perMinute: 1_200, by: 'ip' },
    query: z.strictObject({ ...signed, filename: z.string().min(1).max(255), type }),
    reply: { 200: fileReply },
    produces: ['*/*'],
    errors: [...errors, 'blob_gone', 'range_not_satisfiable'],
  },
  ({ params, query: { signature, ...facts }, wire, origin }, { transfers }) =>
    transfers.send({ does: 'get', id: params.id, ...facts }, { wire, origin, signature }),
);

/** Signed requests of files that lie with this server. */
export const blobsRoutes: Route[] = [putContent, putPart, getContent];
