import { namedObject, openAiError, type PreparedChat, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CHAT_SECONDS } from './plans.ts';
import type { Gateway } from './service.ts';

const route = productRoutes<Gateway>();

/** For the docs: the OpenAI endpoint itself reads the body, by a table of OpenAI's fields. */
const chatBody = z
  .looseObject({
    model: z.string().describe('A model of `GET /v1/ai/models`, or an alias such as `small`.'),
    messages: z.array(z.looseObject({ role: z.string() }).meta({ id: 'ChatMessage' })).min(1),
    stream: z.boolean().nullable().optional(),
    max_tokens: z
      .int()
      .min(1)
      .nullable()
      .optional()
      .describe(
        'Without it, the reply is capped by what your budget of the day still buys; `x-plinth-max-tokens` says by how much.',
      ),
  })
  .meta({ id: 'ChatCompletionRequest' });

const chatReply = z
  .looseObject({
    id: z.string(),
    object: z.string(),
    model: z.string(),
    choices: z.array(z.looseObject({}).meta({ id: 'ChatChoice' })),
  })
  .meta({ id: 'ChatCompletion' });

export const chat = route(
  'POST /v1/ai/chat/completions',
  {
    summary: 'Create a chat completion (OpenAI’s protocol)',
    description:
      'Plain and streamed; the official `openai` package works with this server as its base URL and an API key of yours. A plain answer is kept under an Idempotency-Key, sealed; a streamed one is not.',
    tag: 'AI gateway',
    auth: 'account',
    may: 'member',
    scope: 'ai:call',
    rate: { perMinute: 6_000, by: 'account' },
    private: true,
    rawBody: true,
    maxBody: 1024 * 1024,
    largeBody: { grant: 'body_mb', most: 32 * 1024 * 1024 },
    // As long as a call may take by the policy, and a little longer than that, so that its own end is told.
    maxSeconds: CHAT_SECONDS + 60,
    errorForm: openAiError,
    spends: {
      feature: 'chat',
      as: 'inline',
      prepare: ({ wire }, gateway: Gateway) => gateway.prepare(wire.body),
    },
    body: chatBody,
    reply: { 200: chatReply },
    produces: ['application/json', 'text/event-stream'],
    errors: [
      'model_unknown',
      'field_refused',
      'context_too_large',
      'context_length_exceeded',
      'call_too_costly',
      'provider_unavailable',
      'provider_timeout',
      'provider_rejected',
      'provider_not_found',
      'provider_unprocessable',
      'provider_rate_limited',
      'answer_unusable',
      'answer_too_large',
    ],
  },
  ({ permit, prepared, origin, wire, idempotencyKey }, gateway) =>
    gateway.relay({
      permit,
      prepared: prepared as PreparedChat,
      signal: origin.signal,
      traceparent: origin.traceparent,
      keep: idempotencyKey !== undefined && !(prepared as PreparedChat).stream,
      take: wire.take,
    }),
);

const listedModel = namedObject('Model', {
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
});

export const models = route(
  'GET /v1/ai/models',
  {
    summary: 'List the available models',
    tag: 'AI gateway',
    auth: 'account',
    may: 'viewer',
    scope: 'ai:call',
    rate: { perMinute: 600, by: 'account' },
    errorForm: openAiError,
    reply: { 200: namedObject('ModelList', { object: z.literal('list'), data: z.array(listedModel) }) },
  },
  async (_call, gateway) => gateway.models(),
);

export const model = route(
  'GET /v1/ai/models/:id',
  {
    summary: 'Read a model',
    description: 'An id with a slash is written with `%2F`, as clients of OpenAI’s protocol do.',
    tag: 'AI gateway',
    auth: 'account',
    may: 'viewer',
    scope: 'ai:call',
    rate: { perMinute: 600, by: 'account' },
    params: { id: 'text' },
    errorForm: openAiError,
    reply: { 200: listedModel },
    errors: ['model_unknown'],
  },
  async ({ params }, gateway) => gateway.model(params.id),
);
