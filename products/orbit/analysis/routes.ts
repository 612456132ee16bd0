import { acceptedAnswer, followQuery, namedObject, pageOf, pageQuery, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { asksModel } from '../extraction/routes.ts';
import type { Analysis } from './service.ts';
import { agrees, workspaceId } from '../workspaces/agreement.ts';
import { analysis, analysisJson } from './replies.ts';
import { ANALYSIS_KINDS } from './store.ts';

interface Service {
  readonly analysis: Analysis;
}

const route = productRoutes<Service>();

const reads = {
  tag: 'Orbit AI',
  auth: 'account',
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 1_200, by: 'account' },
} as const;

/** Most that a prompt holds of a scope: 80,000 characters, in a script of two bytes a letter. */
const SCOPE_BYTES = 160 * 1_024;

const reference = { analysis_id: z.uuid(), scope_id: z.uuid(), status_url: z.string() };
const accepted = namedObject('AcceptedAnalysis', {
  ...reference,
  status: z
    .enum(['queued', 'running', 'completed'])
    .describe('`queued`, but of an analysis that was there already.'),
});

const HOW =
  'Answers at once; a worker asks the model. Follow `status_url`, with `?wait=20` for the end of it. The result is kept with the scope. Asking again in the same version is answered with the one that is there, and takes no call.';

export const suggest = route(
  'POST /v1/ai/suggest',
  {
    ...asksModel,
    operation: 'suggestForScope',
    summary: 'Suggest changes of a section',
    description: HOW,
    idempotency: 'required',
    spends: {
      feature: 'ai',
      as: 'job',
      storedBytes: SCOPE_BYTES,
      async check({ accountId, body }, { analysis: analyses }: Service) {
        agrees(body.workspace_id, accountId);
        await analyses.sectionSubject(accountId, body.section_id);
        await analyses.assertModels(accountId);
      },
    },
    body: namedObject('SuggestRequest', { section_id: z.uuid(), workspace_id: workspaceId }),
    reply: { 202: accepted },
    errors: ['workspace_mismatch', 'section_not_found', 'scope_not_found', 'models_not_allowed'],
  },
  async ({ accountId, caller, permit, body }, { analysis: analyses }) => {
    const subject = await analyses.sectionSubject(accountId, body.section_id);
    return acceptedAnswer(await analyses.ask({ accountId, userId: caller.userId, permit }, subject));
  },
);

export const analyze = route(
  'POST /v1/ai/analyze',
  {
    ...asksModel,
    operation: 'analyzeScope',
    summary: 'Find risks, gaps and contradictions of a scope',
    description: HOW,
    idempotency: 'required',
    spends: {
      feature: 'ai',
      as: 'job',
      storedBytes: SCOPE_BYTES,
      async check({ accountId, body }, { analysis: analyses }: Service) {
        agrees(body.workspace_id, accountId);
        await analyses.scopeSubject(accountId, body.scope_id);
        await analyses.assertModels(accountId);
      },
    },
    body: namedObject('AnalyzeRequest', { scope_id: z.uuid(), workspace_id: workspaceId }),
    reply: { 202: accepted },
    errors: ['workspace_mismatch', 'scope_not_found', 'models_not_allowed'],
  },
  async ({ accountId, caller, permit, body }, { analysis: analyses }) => {
    const subject = await analyses.scopeSubject(accountId, body.scope_id);
    return acceptedAnswer(await analyses.ask({ accountId, userId: caller.userId, permit }, subject));
  },
);

export const readAnalysis = route(
  'GET /v1/ai/analyses/:id',
  {
    ...reads,
    summary: 'Read suggestions or an analysis',
    description:
      'With `?wait=20` the answer comes when it has ended, or after 20 seconds as it stands then; with `Accept: text/event-stream` the answer is a stream of events.',
    query: z.strictObject(followQuery),
    streams: true,
    reply: { 200: analysis, 204: z.undefined() },
    errors: ['not_found'],
  },
  ({ accountId, params, query, origin, wire }, { analysis: analyses }) =>
    analyses.follow({ key: { accountId, id: params.id }, wait: query.wait, origin, wire }),
);

export const cancelAnalysis = route(
  'POST /v1/ai/analyses/:id/cancel',
  {
    ...reads,
    may: 'member',
    scope: 'orbit:write',
    summary: 'Cancel suggestions or an analysis',
    description:
      'Its call is given back. Cancelling again changes nothing; one that completed or failed is 409.',
    reply: { 200: namedObject('CanceledAnalysis', { ...reference, status: z.literal('cancelled') }) },
    errors: ['not_found', 'analysis_ended'],
  },
  ({ accountId, params, once }, { analysis: analyses }) =>
    analyses.cancel({ accountId, id: params.id }, once),
);

export const listAnalyses = route(
  'GET /v1/scopes/:id/analyses',
  {
    ...reads,
    summary: 'List the suggestions and analyses of a scope',
    description: 'Newest first.',
    query: z.strictObject({ ...pageQuery, kind: z.enum(ANALYSIS_KINDS).optional() }),
    reply: { 200: pageOf(analysis) },
    errors: ['scope_not_found'],
  },
  async ({ accountId, params, query }, { analysis: analyses }) => {
    const { data, next_cursor } = await analyses.list(accountId, { scopeId: params.id, ...query });
    return { data: data.map(analysisJson), next_cursor };
  },
);
