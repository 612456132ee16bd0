import { openAiError, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, MODEL, relayCall, spends } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

const word = z.string().optional();

export const transcriptions = route(
  'POST /v1/ai/audio/transcriptions',
  {
    ...CALL,
    summary: 'Have a file of sound written down (OpenAI’s protocol)',
    description:
      'The body is a form with the file. The longest file that the model takes is reserved, and what the provider bills is charged. An answer in JSON is kept under an Idempotency-Key, sealed.',
    multipart: true,
    produces: ['application/json', 'text/plain', 'text/vtt'],
    errorForm: openAiError,
    spends: spends('transcriptions'),
    body: z
      .looseObject({
        file: z.string().describe('The file, with a name whose ending says its format: `speech.mp3`.'),
        model: MODEL,
        language: word,
        prompt: word,
        response_format: z
          .enum(['json', 'verbose_json', 'text', 'srt', 'vtt'])
          .optional()
          .describe(
            'As the model takes it; `json` when not said. The last three tell no usage: then all that was reserved is charged.',
          ),
        temperature: z.string().optional().describe('From 0 to 1.'),
      })
      .meta({ id: 'TranscriptionRequest' }),
    reply: { 200: z.looseObject({ text: z.string() }).meta({ id: 'Transcription' }) },
  },
  relayCall,
);
