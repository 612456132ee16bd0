import { openAiError, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, LENGTH, MODEL, relayCall, spends, STREAM } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

const responseBody = z
  .looseObject({
    model: MODEL,
    input: z.union([z.string(), z.array(z.looseObject({}).meta({ id: 'ResponseInputItem' })).min(1)]),
    instructions: z.string().nullable().optional(),
    stream: STREAM,
    max_output_tokens: LENGTH,
  })
  .meta({ id: 'ResponseRequest' });

const responseReply = z
  .looseObject({
    id: z.string(),
    object: z.string(),
    status: z.string(),
    model: z.string(),
    output: z.array(z.looseObject({}).meta({ id: 'ResponseOutputItem' })),
  })
  .meta({ id: 'Response' });

export const responses = route(
  'POST /v1/ai/responses',
  {
    ...CALL,
    summary: 'Create a response (OpenAI’s Responses)',
    description:
      'Plain and streamed; nothing is stored: `store` is false, and earlier responses and items are sent whole instead of by their ids. A plain answer is kept under an Idempotency-Key, sealed; a streamed one is not.',
    errorForm: openAiError,
    spends: spends('responses'),
    body: responseBody,
    reply: { 200: responseReply },
  },
  relayCall,
);
