import { openAiError, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, relayCall, spends } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

export const moderations = route(
  'POST /v1/ai/moderations',
  {
    ...CALL,
    summary: 'Ask whether texts are harmful (OpenAI’s protocol)',
    description: 'No provider charges for it; it counts as a call.',
    errorForm: openAiError,
    spends: spends('moderations'),
    body: z
      .looseObject({
        input: z
          .union([z.string(), z.array(z.string()), z.array(z.looseObject({ type: z.string() }))])
          .describe('A text, texts, or texts and pictures.'),
        model: z.string().nullable().optional().describe('`omni-moderation-latest` when not said.'),
      })
      .meta({ id: 'ModerationRequest' }),
    reply: {
      200: z
        .looseObject({
          id: z.string(),
          model: z.string(),
          results: z.array(z.looseObject({ flagged: z.boolean() }).meta({ id: 'Moderation' })),
        })
        .meta({ id: 'ModerationList' }),
    },
    produces: ['application/json'],
  },
  relayCall,
);
