import { namedObject, openAiError, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { LISTING } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

const listedModel = namedObject('Model', {
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
  endpoints: z
    .array(z.string())
    .describe('The calls that take it: chat models and embedding models are told apart by it.'),
});

export const models = route(
  'GET /v1/ai/models',
  {
    ...LISTING,
    summary: 'List the available models',
    description: 'Anthropic’s clients list them too: they add `/v1` to the base URL.',
    aliases: ['GET /v1/ai/v1/models'],
    errorForm: openAiError,
    reply: { 200: namedObject('ModelList', { object: z.literal('list'), data: z.array(listedModel) }) },
  },
  async ({ caller }, gateway) => gateway.models(caller.models),
);

export const model = route(
  'GET /v1/ai/models/:id',
  {
    ...LISTING,
    summary: 'Read a model',
    description: 'An id with a slash is written with `%2F`, as clients of OpenAI’s protocol do.',
    aliases: ['GET /v1/ai/v1/models/:id'],
    params: { id: 'text' },
    errorForm: openAiError,
    reply: { 200: listedModel },
    errors: ['model_unknown', 'model_not_allowed'],
  },
  async ({ params, caller }, gateway) => gateway.model(params.id, caller.models),
);
