import { openAiError, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, LENGTH, MODEL, relayCall, spends, STREAM } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

const chatBody = z
  .looseObject({
    model: MODEL,
    messages: z.array(z.looseObject({ role: z.string() }).meta({ id: 'ChatMessage' })).min(1),
    stream: STREAM,
    max_tokens: LENGTH,
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
