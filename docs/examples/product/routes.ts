import {
  acceptedAnswer,
  commitPoint,
  followQuery,
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  versionedAnswer,
  z,
} from 'plinth/product';
import type { Sample } from './service.ts';
import { ANSWER, answerReply, shownAnswer } from './replies.ts';
import type { AnswerRow } from './store.ts';

const RESTORE = commitPoint(
  'sample.restore',
  'an answer out of the trash, and the answer under the request’s key',
);

const route = productRoutes<Sample>();

const reads = {
  tag: 'Sample',
  auth: 'account',
  may: 'viewer',
  scope: 'sample:read',
  rate: { perMinute: 600, by: 'account' },
} as const;
const writes = { ...reads, may: 'member', scope: 'sample:write' } as const;
const of = { params: { id: ANSWER.id } };
const STATUS_URL = `/v1/sample/answers/${ANSWER.id}`;

const tagged = (row: AnswerRow) => versionedAnswer(row, shownAnswer(row));

/** The metered call: admission charges, the handler stores and enqueues, a worker answers. */
export const ask = route(
  'POST /v1/sample/answers',
  {
    ...writes,
    summary: 'Ask a question',
    description:
      'Answers at once; a worker asks the model. Follow `status_url`: with `?wait=20` for the end of it, or as a stream of events (`Accept: text/event-stream`).',
    idempotency: 'required',
    spends: { feature: 'answer', as: 'job' },
    body: namedObject('NewSampleAnswer', { question: z.string().trim().min(1).max(2_000) }),
    reply: {
      202: namedObject('AcceptedSampleAnswer', {
        id: z.uuid(),
        status: z.literal('queued'),
        status_url: z.string(),
      }),
    },
    errors: ['provider_unavailable'],
    example: {
      body: { question: ANSWER.question },
      reply: { id: ANSWER.id, status: 'queued', status_url: STATUS_URL },
    },
  },
  async ({ accountId, caller, permit, body }, sample) =>
    acceptedAnswer(await sample.ask({ accountId, caller, permit }, body.question)),
);

export const listAnswers = route(
  'GET /v1/sample/answers',
  {
    ...reads,
    summary: 'List answers',
    description: 'Newest first.',
    query: z.strictObject({
      ...pageQuery,
      deleted: z.enum(['true', 'false']).default('false').describe('`true`: those in the trash.'),
    }),
    reply: { 200: pageOf(answerReply) },
    example: { reply: { data: [ANSWER], next_cursor: null } },
  },
  async ({ accountId, query: { cursor, limit, deleted } }, sample) => {
    const { data, next_cursor } = await sample.list(accountId, {
      cursor,
      limit,
      deleted: deleted === 'true',
    });
    return { data: data.map(shownAnswer), next_cursor };
  },
);

export const followAnswer = route(
  'GET /v1/sample/answers/:id',
  {
    ...reads,
    summary: 'Read an answer, or wait for it',
    description:
      'With `Accept: text/event-stream` the answer is a stream of events: `status`, and at last `done` with the whole. Come back with Last-Event-ID; 204 says that you have been told everything.',
    query: z.strictObject(followQuery),
    streams: true,
    reply: { 200: answerReply, 204: z.undefined() },
    errors: ['not_found'],
    example: { ...of, query: { wait: 20 }, reply: ANSWER },
  },
  ({ accountId, params, query, origin, wire }, sample) =>
    sample.follow({ key: { accountId, id: params.id }, wait: query.wait, origin, wire }),
);

export const nameAnswer = route(
  'PATCH /v1/sample/answers/:id',
  {
    ...writes,
    summary: 'Name an answer',
    versioned: true,
    body: namedObject('SampleAnswerChange', { title: z.string().trim().min(1).max(200).nullable() }),
    reply: { 200: answerReply },
    errors: ['not_found'],
    example: {
      ...of,
      body: { title: 'Small teams' },
      reply: { ...ANSWER, title: 'Small teams', version: 2 },
    },
  },
  async ({ accountId, params, ifMatch, body }, sample) =>
    tagged(await sample.name({ accountId, id: params.id, version: ifMatch }, body.title)),
);

export const cancelAnswer = route(
  'POST /v1/sample/answers/:id/cancel',
  {
    ...writes,
    summary: 'Cancel a question',
    description: 'It does not count against your plan. Cancelling again changes nothing.',
    reply: {
      200: namedObject('CanceledSampleAnswer', {
        id: z.uuid(),
        status: z.literal('cancelled'),
        status_url: z.string(),
      }),
    },
    errors: ['not_found', 'sample_answer_ended'],
    example: { ...of, reply: { id: ANSWER.id, status: 'cancelled', status_url: STATUS_URL } },
  },
  ({ accountId, params, once }, sample) => sample.cancel({ accountId, id: params.id }, once),
);

export const deleteAnswer = route(
  'DELETE /v1/sample/answers/:id',
  {
    ...writes,
    summary: 'Put an answer into the trash',
    description: 'It is gone for good 30 days later.',
    reply: { 200: okReply },
    errors: ['not_found'],
    example: { ...of, reply: { ok: true } },
  },
  async ({ accountId, caller, origin, params }, sample) => {
    await sample.remove({ accountId, id: params.id }, { caller, origin });
    return { ok: true };
  },
);

export const restoreAnswer = route(
  'POST /v1/sample/answers/:id/restore',
  {
    ...writes,
    summary: 'Take an answer out of the trash',
    reply: { 200: answerReply },
    errors: ['not_found'],
    example: { ...of, reply: ANSWER },
  },
  ({ accountId, params, once }, sample) =>
    once(RESTORE, async (tx) => tagged(await sample.restoreIn(tx, { accountId, id: params.id }))),
);
