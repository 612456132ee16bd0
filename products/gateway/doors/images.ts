import { openAiError, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, MODEL, relayCall, spends } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

const word = z.string().nullable().optional();

export const images = route(
  'POST /v1/ai/images/generations',
  {
    ...CALL,
    summary: 'Create pictures (OpenAI’s protocol)',
    description:
      'The whole price of the pictures is reserved before any is made. An answer of up to 4 MiB is kept under an Idempotency-Key, sealed; a larger one is not.',
    produces: ['application/json'],
    errorForm: openAiError,
    spends: spends('images'),
    body: z
      .looseObject({
        model: MODEL,
        prompt: z.string().min(1).max(32_000),
        n: z.int().min(1).max(4).nullable().optional().describe('So many pictures; 1 when not said.'),
        quality: word.describe('`low`, `medium`, `high` where the model has them: it decides the price.'),
        size: word.describe('`1024x1024`, `1024x1536`, `1536x1024` where the model has them.'),
      })
      .meta({ id: 'ImageRequest' }),
    reply: {
      200: z
        .looseObject({
          created: z.int(),
          data: z.array(
            z
              .looseObject({ b64_json: z.string().optional(), url: z.string().optional() })
              .meta({ id: 'Image' }),
          ),
        })
        .meta({ id: 'ImageList' }),
    },
  },
  relayCall,
);
