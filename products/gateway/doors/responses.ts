import { openAiError, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, relayCall, spends } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

/** For the docs: the door itself reads the body, by a table of OpenAI's fields. */
const responseBody = z
  .looseObject({
    model: z.string().describe('A model of `GET /v1/ai/models`, or an alias such as `small`.'),
    input: z.union([z.string(), z.array(z.looseObject({}).meta({ id: 'ResponseInputItem' })).min(1)]),
    instructions: z.string().nullable().optional(),
    stream: z.boolean().nullable().optional(),
    max_output_tokens: z
      .int()
      .min(1)
      .nullable()
      .optional()
      .describe(
        'Without it, the reply is capped by what your budget of the day still buys; `x-plinth-max-tokens` says by how much.',
      ),
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
