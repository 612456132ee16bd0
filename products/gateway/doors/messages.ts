import { anthropicError, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, MODEL, relayCall, spends, STREAM } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

const message = z.looseObject({ role: z.string() }).meta({ id: 'MessageInput' });

/** Anthropic's own client says `?beta=true` where it uses a field that is still one. */
const ofClient = z.strictObject({ beta: z.string().max(10).optional() });

const messagesBody = z
  .looseObject({
    model: MODEL,
    max_tokens: z.int().min(1),
    messages: z.array(message).min(1),
    stream: STREAM,
  })
  .meta({ id: 'MessagesRequest' });

const messagesReply = z
  .looseObject({
    id: z.string(),
    type: z.string(),
    model: z.string(),
    content: z.array(z.looseObject({ type: z.string() }).meta({ id: 'ContentBlock' })),
    stop_reason: z.string(),
  })
  .meta({ id: 'MessageReply' });

export const messages = route(
  'POST /v1/ai/messages',
  {
    ...CALL,
    summary: 'Create a message (Anthropic’s protocol)',
    description:
      'Plain and streamed; the official `@anthropic-ai/sdk` package works with `…/v1/ai` as its base URL, to which it adds `/v1/messages`, and an API key of yours. A plain answer is kept under an Idempotency-Key, sealed; a streamed one is not.',
    aliases: ['POST /v1/ai/v1/messages'],
    query: ofClient,
    errorForm: anthropicError,
    spends: spends('messages'),
    body: messagesBody,
    reply: { 200: messagesReply },
  },
  relayCall,
);

const { produces: _, ...countCall } = CALL;

export const countTokens = route(
  'POST /v1/ai/messages/count_tokens',
  {
    ...countCall,
    rate: { perMinute: 600, by: 'account' },
    maxSeconds: 60,
    idempotency: 'none',
    operation: 'countMessageTokens',
    summary: 'Count the tokens of a message’s input (Anthropic’s protocol)',
    description:
      'Our own count, which is never below the provider’s: `estimated` says so. It costs nothing, and no provider is asked. It takes no Idempotency-Key: it reads, and makes nothing.',
    aliases: ['POST /v1/ai/v1/messages/count_tokens'],
    query: ofClient,
    errorForm: anthropicError,
    errors: ['model_unknown', 'model_not_allowed', 'model_unsupported', 'field_refused', 'context_too_large'],
    body: messagesBody.omit({ max_tokens: true, stream: true }).meta({ id: 'CountTokensRequest' }),
    reply: {
      200: z.strictObject({ input_tokens: z.int(), estimated: z.literal(true) }).meta({ id: 'TokenCount' }),
    },
  },
  async ({ wire, caller }, gateway) => ({
    input_tokens: await gateway.countInput('messages', { wire, models: caller.models }),
    estimated: true as const,
  }),
);
