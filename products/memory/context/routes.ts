import { namedObject, namedUnion, productRoutes, wholeNumber } from 'plinth/product';
import { z } from 'zod';
import type { Memory } from '../service.ts';
import { memberOf, reads } from '../access.ts';
import { level, ROLES } from '../sessions/replies.ts';
import { contextAsMarkdown, MARKDOWN } from './markdown.ts';
import type { ContextTurn } from './service.ts';

const route = productRoutes<Memory>();

/** A budget past the allowed one is 422; past this number it is none. */
const MOST_ASKED = 1_000_000_000;

const words = z.array(z.string());
const reason = z.discriminatedUnion('kind', [
  namedObject('MemoryWordsReason', { kind: z.literal('words'), words }),
  namedObject('MemorySpeakerReason', { kind: z.literal('speaker'), speaker: z.string() }),
  namedObject('MemoryDateReason', { kind: z.literal('date'), day: z.string() }),
  namedObject('MemoryNeighbourReason', {
    kind: z.literal('neighbour'),
    words: words.describe('Turns beside it have them.'),
  }),
  namedObject('MemorySessionReason', {
    kind: z.literal('session'),
    words: words.describe('Other turns of its session have them.'),
  }),
  namedObject('MemoryBesideReason', {
    kind: z.literal('beside'),
    message_id: z.uuid().describe('One of the best turns, which it stands beside.'),
  }),
]);

const turnReply = namedObject('MemoryTurn', {
  session_id: z.uuid(),
  session_title: z.string().nullable(),
  level,
  author_id: z.uuid(),
  message_id: z.uuid(),
  client_id: z.string(),
  role: z.enum(ROLES),
  speaker: z.string(),
  said_at: z.iso.datetime(),
  text: z.string(),
  tokens: z.int(),
  score: z.number(),
  why: z.array(reason),
});

const contextReply = namedObject('MemoryContext', { turns: z.array(turnReply), tokens: z.int() });
const contextMarkdown = namedObject('MemoryContextMarkdown', { markdown: z.string(), tokens: z.int() });

const shownTurn = ({ turn, source, tokens, score, why, beside }: ContextTurn) => ({
  session_id: source.sessionId,
  session_title: source.sessionTitle,
  level: source.level,
  author_id: source.authorId,
  message_id: turn.id,
  client_id: source.clientId,
  role: source.role,
  speaker: turn.speaker,
  said_at: turn.saidAt.toISOString(),
  text: turn.text,
  tokens,
  score: Math.round(score * 1_000) / 1_000,
  why: [
    ...why.map((one) => ('words' in one ? { ...one, words: [...one.words] } : one)),
    ...(beside === undefined ? [] : [{ kind: 'beside' as const, message_id: beside }]),
  ],
});

export const readRelevantContext = route(
  'GET /v1/context/relevant',
  {
    ...reads,
    summary: 'Find the turns that a question needs',
    description:
      'Turns of all sessions that you may read, best first, the first one with what stands beside it, in a budget of tokens; none is cut. In Markdown all of the text counts, in JSON the line `[day] speaker: text` of each turn. Any of the question’s words may match. Each turn says why it is there. They are quotes: hand them to a model as data, and never as instructions.',
    query: z.strictObject({
      query: z.string().min(1).describe('At most 10,000 characters.'),
      budget_tokens: wholeNumber(-MOST_ASKED, MOST_ASKED)
        .default(2_000)
        .describe('From 1 to 100,000, by o200k_base.'),
      format: z.enum(['json', 'markdown']).default('json'),
    }),
    reply: { 200: namedUnion('RelevantContext', [contextReply, contextMarkdown]) },
    errors: ['query_too_long', 'budget_invalid'],
  },
  async (call, { context }) => {
    const { query, budget_tokens: budget, format } = call.query;
    if (format === 'markdown')
      return contextAsMarkdown(
        await context.relevant(memberOf(call), { query, budget, layout: MARKDOWN }),
        budget,
      );
    const turns = await context.relevant(memberOf(call), { query, budget });
    return { turns: turns.map(shownTurn), tokens: turns.reduce((sum, { tokens }) => sum + tokens, 0) };
  },
);
