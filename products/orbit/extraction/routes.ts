import { acceptedAnswer, followQuery, namedObject, pageOf, pageQuery, productRoutes } from 'plinth/product';
import { z } from 'zod';
import type { Extraction } from './service.ts';
import { agrees, workspaceId } from '../workspaces/agreement.ts';
import { extraction, extractionJson } from './replies.ts';

interface Service {
  readonly extraction: Extraction;
}

const route = productRoutes<Service>();

const common = { tag: 'Orbit AI', auth: 'account' } as const;
const reads = {
  ...common,
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 1_200, by: 'account' },
} as const;

/** Common part of every call to a model: its rates count over all of them. */
export const asksModel = {
  ...common,
  may: 'member',
  scope: 'orbit:write',
  rate: { perMinute: 600, by: 'account' },
  soldRates: ['ai_by_user', 'ai_by_workspace'],
} as const;

/** Most that a chunk's prompt holds of its document; each later chunk asks the budget for its own. */
const CHUNK_BYTES = 16 * 1_024;
const MOST_DOCUMENTS = 20;

const reference = {
  extraction_id: z.uuid(),
  scope_id: z.uuid(),
  status_url: z.string(),
};

/** POST /v1/ai/extract: the governed call. Admission charges one AI call; a worker reads part by part. */
export const extract = route(
  'POST /v1/ai/extract',
  {
    ...asksModel,
    operation: 'extractScope',
    summary: 'Extract documents into sections of a scope',
    description: [
      'Answers at once; a worker reads. Follow `status_url`: with `?wait=20` for the end of it, or as a stream of events (`Accept: text/event-stream`). It is one AI call, however long the documents are; what the model costs goes to the day’s budget.',
      'Asking again for the same documents while nothing of the scope has changed is answered with the extraction that is there, and takes no call. Where the last one stopped before the end, the next one goes on there.',
    ].join('\n\n'),
    idempotency: 'required',
    spends: {
      feature: 'ai',
      as: 'job',
      storedBytes: CHUNK_BYTES,
      subject: ({ body }) => body.scope_id,
      async check({ accountId, body }, { extraction: extractions }: Service) {
        agrees(body.workspace_id, accountId);
        await extractions.check(accountId, body);
      },
    },
    body: namedObject('ExtractRequest', {
      scope_id: z.uuid(),
      document_ids: z
        .array(z.uuid())
        .min(1)
        .max(MOST_DOCUMENTS)
        .refine((ids) => new Set(ids).size === ids.length, 'Name each document once.'),
      workspace_id: workspaceId,
    }),
    reply: {
      202: namedObject('AcceptedExtraction', {
        ...reference,
        status: z
          .enum(['queued', 'running', 'completed'])
          .describe('`queued`, but of an extraction that was there already.'),
      }),
    },
    errors: [
      'workspace_mismatch',
      'scope_not_found',
      'scope_frozen',
      'document_not_found',
      'document_not_ready',
      'extraction_running',
      'models_not_allowed',
    ],
  },
  async ({ accountId, caller, permit, body }, { extraction: extractions }) =>
    acceptedAnswer(await extractions.ask({ accountId, userId: caller.userId, permit }, body)),
);

export const readExtraction = route(
  'GET /v1/ai/extractions/:id',
  {
    ...reads,
    summary: 'Read an extraction',
    description:
      'With `?wait=20` the answer comes when it has ended, or after 20 seconds as it stands then. With `Accept: text/event-stream` the answer is a stream of events: `status`, each `part` of a document as soon as it is read, and at last `done` with the whole extraction.',
    query: z.strictObject(followQuery),
    streams: true,
    reply: { 200: extraction, 204: z.undefined() },
    errors: ['not_found'],
  },
  ({ accountId, params, query, origin, wire }, { extraction: extractions }) =>
    extractions.follow({ key: { accountId, id: params.id }, wait: query.wait, origin, wire }),
);

export const cancelExtraction = route(
  'POST /v1/ai/extractions/:id/cancel',
  {
    ...reads,
    may: 'member',
    scope: 'orbit:write',
    summary: 'Cancel an extraction',
    description:
      'No section is added. Pages that were read are kept for the next extraction of the same documents, and then this one counts as a call; if none was read, the call is given back. Cancelling again changes nothing; one that completed or failed is 409.',
    reply: { 200: namedObject('CanceledExtraction', { ...reference, status: z.literal('cancelled') }) },
    errors: ['not_found', 'extraction_ended'],
  },
  ({ accountId, params, once }, { extraction: extractions }) =>
    extractions.cancel({ accountId, id: params.id }, once),
);

export const listExtractions = route(
  'GET /v1/scopes/:id/extractions',
  {
    ...reads,
    summary: 'List the extractions of a scope',
    description: 'Newest first.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(extraction) },
    errors: ['scope_not_found'],
  },
  async ({ accountId, params, query }, { extraction: extractions }) => {
    const { data, next_cursor } = await extractions.list(accountId, { scopeId: params.id, ...query });
    return { data: data.map((row) => extractionJson(row, row.done?.chunks ?? 0)), next_cursor };
  },
);
