import { namedObject, productRoutes, type UserId } from 'plinth/product';
import { z } from 'zod';
import type { Memory } from '../service.ts';
import { itemOf, writes } from '../access.ts';
import { refinedSentence } from '../sessions/replies.ts';
import { keptRefinement, SENTENCE_BYTES } from './refinement.ts';

const route = productRoutes<Memory>();

export const refineSummary = route(
  'POST /v1/sessions/:id/summary',
  {
    ...writes,
    rate: { perMinute: 30, by: 'member' },
    summary: 'Have a model sum a session up',
    description:
      'Sentences of the session go to the model provider of this server, and nowhere without this call. It takes one of the plan’s `ai_calls`, which is given back if no summary came of it. Each sentence names the messages that say so. It is kept with the session until more is said, for all who may read that; the drawn summary stays beside it.',
    maxSeconds: 120,
    private: true,
    spends: {
      feature: 'summary',
      as: 'inline',
      storedBytes: SENTENCE_BYTES,
      check: async (call, { memory }: Memory) => void (await memory.read(itemOf(call))),
      replay: async ({ accountId, params, kept }, { memory }: Memory) => {
        const { user_id: userId, ...made } = keptRefinement.parse(kept);
        await memory.read({ accountId, userId: userId as UserId, id: params.id });
        return made;
      },
    },
    reply: {
      200: namedObject('RefinedSummary', {
        sentences: z.array(refinedSentence),
        messages: z.int().describe('Of how many messages it is.'),
      }),
    },
    errors: [
      'memory_session_not_found',
      'nothing_to_sum_up',
      'provider_unavailable',
      'provider_timeout',
      'provider_rejected',
      'answer_unusable',
      'answer_too_large',
    ],
  },
  ({ permit, origin, ...call }, { refine }) =>
    refine({ session: itemOf(call), permit, signal: origin.signal }),
);
