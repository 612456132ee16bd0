import { openAiError, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, relayCall, spends } from './call.ts';
import type { Gateway } from '../service.ts';

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
    ...CALL,
    summary: 'Create a chat completion (OpenAI’s protocol)',
    description:
      'Plain and streamed; the official `openai` package works with this server as its base URL and an API key of yours. A plain answer is kept under an Idempotency-Key, sealed; a streamed one is not.',
    errorForm: openAiError,
    spends: spends('chat'),
    body: chatBody,
    reply: { 200: chatReply },
  },
  relayCall,
);
