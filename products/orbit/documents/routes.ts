import { answer, assertPackages, namedObject, pageOf, pageQuery, productRoutes, signedLink, signedParts, signedUpload, wholeNumber } from 'plinth/product';
import { z } from 'zod';
import { MEDIA_TYPES } from '../reading/formats.ts';
import type { Documents } from './service.ts';
import { packagesOf } from '../packages.ts';
import { line } from '../words.ts';
import { agrees, workspaceId } from '../workspaces/agreement.ts';
import { DOCUMENT_STATUSES } from './document.ts';
import { document, documentPage, documentState, shownDocument, shownPage, shownState } from './replies.ts';

const route = productRoutes<{ readonly documents: Documents }>();

const ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0d01';
const SCOPE = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a02';
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const STATE = {
  id: ID,
  status: 'completed',
  failure: null,
  pages: 12,
  ocr_pages: 1,
  ocr_pages_left: 0,
  missing: [],
  updated_at: '2026-11-20T08:00:09.000Z',
} as const;
const DOCUMENT = {
  ...STATE,
  scope_id: SCOPE,
  project_id: null,
  name: 'Brief.pdf',
  type: 'application/pdf',
  bytes: 183_204,
  sha256: SHA256,
  uploaded_at: '2026-11-20T08:00:05.000Z',
  has_file: true,
  created_by: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e01',
  created_at: '2026-11-20T08:00:00.000Z',
} as const;
const PENDING = {
  ...DOCUMENT,
  status: 'pending',
  pages: null,
  ocr_pages: 0,
  uploaded_at: null,
  has_file: false,
} as const;
const UPLOAD = {
  method: 'PUT',
  url: 'https://files.example.com/0d/01/…',
  headers: { 'content-type': 'application/pdf', 'content-length': '183204' },
  expires_at: '2026-11-20T08:15:00.000Z',
} as const;

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
    example: {
      body: { name: 'Brief.pdf', type: 'application/pdf', bytes: 183_204, sha256: SHA256, scope_id: SCOPE },
      reply: { document: PENDING, upload: UPLOAD },
    },
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
      'blob_not_found',
      'blob_gone',
      'upload_missing',
      'upload_mismatch',
      'upload_expired',
      'limit_exceeded',
      'storage_unavailable',
    ],
    example: { params: { id: ID }, reply: { ...PENDING, uploaded_at: DOCUMENT.uploaded_at, has_file: true } },
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
    example: { query: { scope_id: SCOPE }, reply: { data: [DOCUMENT], next_cursor: null } },
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
    example: { params: { id: ID }, reply: DOCUMENT },
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
    example: { params: { id: ID }, query: { wait: 20 }, reply: STATE },
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
    example: {
      params: { id: ID },
      query: { limit: 20 },
      reply: {
        data: [{ page: 1, text: '# A new shop\n\nWe sell tea.', by_ocr: false, confidence: 1 }],
        next_cursor: null,
      },
    },
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
    example: {
      params: { id: ID },
      reply: { url: 'https://files.example.com/0d/01/…', expires_at: '2026-11-20T08:15:00.000Z' },
    },
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
    example: { params: { id: ID }, reply: undefined },
  },
  async ({ accountId, caller, origin, params }, { documents }) => {
    await documents.remove({ accountId, id: params.id }, { caller, origin });
    return answer(204, undefined);
  },
);
