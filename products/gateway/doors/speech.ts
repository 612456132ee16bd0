import { openAiError, fileReply, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, MODEL, relayCall, spends } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

export const speech = route(
  'POST /v1/ai/audio/speech',
  {
    ...CALL,
    summary: 'Have a text spoken (OpenAI’s protocol)',
    description:
      'It costs what the characters of `input` cost. Sound is kept under no Idempotency-Key: a repeat is 409 `outcome_unknown`, and costs nothing.',
    produces: [
      'audio/mpeg',
      'audio/opus',
      'audio/aac',
      'audio/flac',
      'audio/wav',
      'application/octet-stream',
    ],
    errorForm: openAiError,
    spends: spends('speech'),
    body: z
      .looseObject({
        model: MODEL,
        input: z.string().min(1).max(4_096),
        voice: z.union([z.string().max(100), z.looseObject({ id: z.string() })]),
        instructions: z.string().nullable().optional(),
        response_format: z.string().nullable().optional().describe('`mp3` when not said.'),
        speed: z.number().min(0.25).max(4).nullable().optional(),
      })
      .meta({ id: 'SpeechRequest' }),
    reply: { 200: fileReply },
  },
  relayCall,
);
