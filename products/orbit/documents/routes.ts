import {
  answer,
  assertPackages,
  namedObject,
  pageOf,
  pageQuery,
  productRoutes,
  signedLink,
  signedParts,
  signedUpload,
  wholeNumber,
} from 'plinth/product';
import { z } from 'zod';
import { MEDIA_TYPES, packagesOf } from '@plinth/documents';
import type { Documents } from './service.ts';
import { line } from '../words.ts';
import { agrees, workspaceId } from '../workspaces/agreement.ts';
import { DOCUMENT_STATUSES } from './document.ts';
import { document, documentPage, documentState, shownDocument, shownPage, shownState } from './replies.ts';

const route = productRoutes<{ readonly documents: Documents }>();

const reads = {
  tag: 'Orbit documents',
  auth: 'account',
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 600, by: 'account' },
} as const;
const writes = {
  tag: 'Orbit documents',
  auth: 'account',
  may: 'member',
  scope: 'orbit:write',
  rate: { perMinute: 120, by: 'account' },
} as const;

const upload = z
  .union([signedUpload, signedParts])
  .nullable()
  .describe(
    'How to send the file. null where the call is repeated with its Idempotency-Key: delete the document, and begin anew.',
  );

/** The most bytes that any plan takes. */
const MOST_BYTES = 1_000_000_000;

export const presignDocument = route(
  'POST /v1/documents/presign',
  {
    ...writes,
    summary: 'Start an upload',
    description:
      'Reserves the declared bytes in `storage`, and answers where to send the file. Then `POST /v1/documents/:id/complete`. An upload that is not completed is deleted after a day or two, and its storage is free again.',
    secrets: ['upload'],
    body: namedObject('PresignDocumentRequest', {
      name: line(255).describe(
        'As it is shown, and saved when it is downloaded. What the file is, its content says.',
      ),
      type: z.enum(MEDIA_TYPES),
      bytes: z.int().min(1).max(MOST_BYTES).describe('All of it; `file_bytes` of the plan at most.'),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe('Of all bytes, in hex. Another file than this one is refused.'),
      scope_id: z.uuid().optional(),
      project_id: z.uuid().optional(),
      parts: z.boolean().default(false).describe('For large files: sent in parts of 16 MiB.'),
      workspace_id: workspaceId,
    }),
    reply: { 201: namedObject('PresignedDocument', { document, upload }) },
    errors: [
      'workspace_mismatch',
      'scope_not_found',
      'project_not_found',
      'plan_required',
      'limit_exceeded',
      'upload_invalid',
      'storage_unavailable',
      'package_missing',
    ],
  },
  ({ accountId, caller, origin, body, onceInSteps }, { documents }) => {
    agrees(body.workspace_id, accountId);
    assertPackages(packagesOf(body.type));
    const { scope_id: scopeId, project_id: projectId, parts: inParts, ...file } = body;
    const run = async () => {
      const made = await documents.presign(
        accountId,
        { caller, origin },
        { ...file, scopeId, projectId, inParts },
      );
      return answer(201, { document: shownDocument(made.document), upload: made.upload });
    };
    return onceInSteps({ run, isOver: () => true }, { account: accountId });
  },
);

export const completeDocument = route(
  'POST /v1/documents/:id/complete',
  {
    ...writes,
    summary: 'Complete an upload',
    description:
      'Length and SHA-256 are compared with what was declared; then a worker scans and reads the file. Follow `GET /v1/documents/:id/status?wait=20`. It takes no Idempotency-Key: a repeated call changes nothing.',
    idempotency: 'none',
    reply: { 202: document },
    errors: [
      'document_not_found',
      'blob_gone',
      'upload_missing',
      'upload_mismatch',
      'upload_expired',
      'limit_exceeded',
      'storage_unavailable',
    ],
  },
  async ({ accountId, caller, origin, params }, { documents }) =>
    answer(202, shownDocument(await documents.complete({ accountId, id: params.id }, { caller, origin }))),
);

export const listDocuments = route(
  'GET /v1/documents',
  {
    ...reads,
    summary: 'List documents',
    description: 'Newest first.',
    query: z.strictObject({
      ...pageQuery,
      scope_id: z.uuid().optional(),
      project_id: z.uuid().optional(),
      status: z.enum(DOCUMENT_STATUSES).optional(),
      workspace_id: workspaceId,
    }),
    reply: { 200: pageOf(document) },
    errors: ['workspace_mismatch', 'scope_not_found', 'project_not_found'],
  },
  async ({ accountId, query }, { documents }) => {
    agrees(query.workspace_id, accountId);
    const { scope_id: scopeId, project_id: projectId, status, cursor, limit } = query;
    const page = await documents.list(accountId, { scopeId, projectId, status, cursor, limit });
    return { data: page.data.map(shownDocument), next_cursor: page.next_cursor };
  },
);

export const readDocument = route(
  'GET /v1/documents/:id',
  {
    ...reads,
    summary: 'A document',
    reply: { 200: document },
    errors: ['document_not_found'],
  },
  async ({ accountId, params }, { documents }) =>
    shownDocument(await documents.read({ accountId, id: params.id })),
);

export const followDocument = route(
  'GET /v1/documents/:id/status',
  {
    ...reads,
    summary: 'Read the processing status of a document',
    description: '`?wait=20` answers as soon as it has ended, or after that many seconds as it stands.',
    query: z.strictObject({
      wait: wholeNumber(0, 30).default(0).describe('Seconds to wait for the end.'),
    }),
    reply: { 200: documentState },
    errors: ['document_not_found'],
  },
  async ({ accountId, params, query, origin }, { documents }) => {
    const wait = { seconds: query.wait, signal: origin.signal };
    return shownState(await documents.follow({ accountId, id: params.id }, wait));
  },
);

export const readPages = route(
  'GET /v1/documents/:id/pages',
  {
    ...reads,
    summary: 'Read the text of a document by page',
    description:
      'What citations quote from. A file without pages, such as Markdown, is cut into parts of some 20,000 characters.',
    query: z.strictObject({
      ...pageQuery,
      from: wholeNumber(1, 100_000).optional().describe('Begin with this page. Of no use with `cursor`.'),
    }),
    reply: { 200: pageOf(documentPage) },
    errors: ['document_not_found'],
  },
  async ({ accountId, params, query }, { documents }) => {
    const page = await documents.pages({ accountId, id: params.id }, query);
    return { data: page.data.map(shownPage), next_cursor: page.next_cursor };
  },
);

export const downloadDocument = route(
  'GET /v1/documents/:id/download',
  {
    ...reads,
    summary: 'Create a download link',
    description: 'Anyone with the link can download the file until it expires.',
    reply: { 200: signedLink },
    errors: ['document_not_found', 'document_not_uploaded', 'blob_not_found', 'blob_gone'],
  },
  ({ accountId, params }, { documents }) => documents.download({ accountId, id: params.id }),
);

export const deleteDocument = route(
  'DELETE /v1/documents/:id',
  {
    ...writes,
    summary: 'Delete a document',
    description:
      'With its file and its text; its storage is free again. Sections keep what was extracted from it, and its citations name it still.',
    reply: { 204: z.undefined() },
    errors: ['document_not_found'],
  },
  async ({ accountId, caller, origin, params }, { documents }) => {
    await documents.remove({ accountId, id: params.id }, { caller, origin });
    return answer(204, undefined);
  },
);
