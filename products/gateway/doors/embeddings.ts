import { openAiError, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, relayCall, spends } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

const token = z.int().min(0);
const text = z.string().min(1).max(500_000);

/** For the docs: the endpoint itself reads the body, by a table of OpenAI's fields. */
const embeddingsBody = z
  .looseObject({
    model: z
      .string()
      .describe('A model of `GET /v1/ai/models` with this path among its `endpoints`, or `embedding`.'),
    input: z
      .union([
        text,
        z
          .array(z.union([text, token, z.array(token).min(1).max(8_192)]))
          .min(1)
          .max(8_192),
      ])
      .describe('A text, a list of tokens, or up to 2,048 of either kind: none of them empty.'),
    dimensions: z.int().min(1).nullable().optional(),
    encoding_format: z
      .enum(['float', 'base64'])
      .nullable()
      .optional()
      .describe('`base64`, as the `openai` package asks for by itself, is a quarter of the bytes.'),
  })
  .meta({ id: 'EmbeddingRequest' });

const embeddingsReply = z
  .looseObject({
    object: z.string(),
    model: z.string(),
    data: z.array(z.looseObject({ index: z.int() }).meta({ id: 'EmbeddingItem' })),
  })
  .meta({ id: 'EmbeddingList' });

export const embeddings = route(
  'POST /v1/ai/embeddings',
  {
    ...CALL,
    summary: 'Create embeddings (OpenAI’s protocol)',
    description:
      'Answers of up to 36 MiB: 2,048 inputs of 3,072 dimensions in base64. One of up to 4 MiB is kept under an Idempotency-Key, sealed; a larger one is not.',
    produces: ['application/json'],
    errorForm: openAiError,
    spends: spends('embeddings'),
    body: embeddingsBody,
    reply: { 200: embeddingsReply },
  },
  relayCall,
);
