import { answer, commitPoint, namedObject, okReply, pageOf, pageQuery, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { localeOf } from '../locale.ts';
import { shownSupport, supportAgain } from '../safety.ts';
import { assertLength, line, longLine, readAgain } from '../words.ts';
import type { Prism } from '../service.ts';
import { ratedTurn, shownCrisis, shownReply, shownTurn, turn, turnReply } from './replies.ts';
import { STYLES } from './store.ts';

const FEEDBACK = commitPoint(
  'prism.feedback',
  'whether a turn helped, and the answer under the request’s key',
);

const route = productRoutes<Prism>();

/** Characters. */
const LONGEST_THOUGHT = 2_000;

const common = {
  tag: 'Prism Turn',
  auth: 'account',
  may: 'member',
  scope: 'prism:write',
  rate: { perMinute: 120, by: 'account' },
} as const;

/** POST /v1/turns: a look at the text, admission, the model, and one commit. */
export const makeTurn = route(
  'POST /v1/turns',
  {
    ...common,
    summary: 'Reframe a thought',
    description:
      'Answers when the model has. To somebody in a crisis it answers with words and helplines: nothing is generated, kept or charged, whatever your plan and limits say.',
    maxSeconds: 90,
    precheck: {
      text: ({ body }) => body.thought,
      locale: localeOf,
      crisis: (support, { body }) => shownCrisis(support, body),
    },
    spends: {
      feature: 'turn',
      as: 'inline',
      check: async ({ body }) => assertLength('thought', body.thought, LONGEST_THOUGHT),
      replay: ({ accountId, kept }, { turns, profiles }: Prism) =>
        readAgain(kept, async (id) => {
          const row = await turns.read({ accountId, id });
          return shownReply(row, supportAgain(row, await profiles.localeOf(accountId)));
        }),
    },
    body: namedObject('NewTurn', {
      thought: longLine(LONGEST_THOUGHT),
      style: z.enum(STYLES).default('gentle'),
    }),
    reply: { 200: turnReply },
    errors: ['not_found', 'provider_unavailable', 'provider_rejected', 'answer_unusable', 'answer_too_large'],
  },
  async ({ accountId, caller, permit, body, origin, safety }, { turns, profiles }) => {
    const profile = await profiles.read(accountId);
    const { userId } = caller;
    const asking = { accountId, userId, permit, profile, signal: origin.signal };
    const made = await turns.make(asking, { ...body, safety: safety.safety });
    return shownReply(made, safety);
  },
);

export const listTurns = route(
  'GET /v1/turns',
  {
    ...common,
    may: 'viewer',
    scope: 'prism:read',
    summary: 'List your turns',
    description: 'Newest first.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(turn) },
  },
  async ({ accountId, query }, { turns }) => {
    const { data, next_cursor } = await turns.list(accountId, query);
    return { data: data.map(shownTurn), next_cursor };
  },
);

export const rateTurn = route(
  'POST /v1/turns/:id/feedback',
  {
    ...common,
    summary: 'Rate a turn',
    description: 'It replaces your earlier rating.',
    body: namedObject('TurnFeedback', {
      helpful: z.boolean(),
      note: line(1_000).nullable().default(null),
    }),
    precheck: { text: ({ body }) => body.note ?? '', locale: localeOf },
    reply: { 200: ratedTurn },
    errors: ['not_found'],
  },
  ({ accountId, params, body, once, safety }, { turns }) =>
    once(FEEDBACK, async (tx) => {
      const row = await turns.rateIn(tx, { accountId, id: params.id }, body);
      return answer(200, { ...shownTurn(row), support: shownSupport(safety) });
    }),
);

export const deleteTurn = route(
  'DELETE /v1/turns/:id',
  {
    ...common,
    summary: 'Delete a turn',
    description: 'It is gone from everywhere at once, and for good 30 days later.',
    reply: { 200: okReply },
    errors: ['not_found'],
  },
  async ({ accountId, params }, { turns }) => {
    await turns.remove({ accountId, id: params.id });
    return { ok: true };
  },
);
