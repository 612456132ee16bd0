import { namedObject, namedUnion } from 'plinth/product';
import { z } from 'zod';
import { replyMaker } from '../items/reply.ts';
import { level, title } from '../sessions/replies.ts';
import { PATTERN_KINDS, TOOLS } from './kinds.ts';
import type { OpenPattern, OpenSource } from './service.ts';

const LONGEST_NAME = 120;

export const patternKind = z.enum(PATTERN_KINDS);
export const patternTitle = title;
export const rating = z.enum(['helpful', 'unhelpful']).nullable();

const summaryFields = {
  id: z.uuid(),
  kind: patternKind.describe(
    'Steps that follow each other; an error with what ended it; a rule that is said in several sessions.',
  ),
  title: z.string().describe('What its author calls it; else its own words.'),
  author_id: z.uuid().describe('The member who had it extracted.'),
  level: level.describe('At most that of the most private session that it is drawn from.'),
  team_id: z.uuid().nullable(),
  texts: z
    .array(z.string())
    .describe(
      'The steps; the problem and its solution; or the statement. As the first source has them, cut to 300 characters each.',
    ),
  tools: z.array(z.enum(TOOLS)).describe('What it is about, of a closed list.'),
  sessions: z.int(),
  occurrences: z.int().describe('100 are kept at most.'),
  against: z
    .int()
    .describe('Sessions with these steps in another order, or the problem with another solution.'),
  helpful: z.int(),
  unhelpful: z.int(),
  your_rating: rating,
  confidence: z.number().describe('From 0 to 1: by sessions for and against it, and ratings.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
} as const;

export const summaryReply = namedObject('PatternSummary', summaryFields);

export const releasedReply = namedObject('ReleasedPattern', {
  level: z.literal('platform'),
  kind: patternKind,
  tool: z.enum(TOOLS).nullable().describe('Null: patterns of no tool.'),
  accounts: z.int().describe('About how many accounts have such patterns: with noise.'),
  starts_on: z.iso.date(),
  ends_on: z.iso.date().describe('The day after the last one of the month.'),
});

export const anyPattern = namedUnion('ListedPattern', [summaryReply, releasedReply]);

export const patternReply = namedObject('Pattern', {
  ...summaryFields,
  sources: z.array(
    namedObject('PatternSource', {
      session_id: z.uuid(),
      quotes: z.array(
        namedObject('PatternQuote', {
          message_id: z.uuid(),
          span: z.tuple([z.int(), z.int()]).describe('Where it stands in the text, in UTF-16 units.'),
          text: z.string(),
        }),
      ),
    }),
  ),
});

export const queuedReply = namedObject('QueuedPatterns', {
  job_id: z.uuid(),
  status_url: z.string(),
});

const RATINGS = new Map([
  [true, 'helpful'],
  [false, 'unhelpful'],
] as const);

const toSummary = replyMaker(summaryReply);
export function shownSummary(row: OpenPattern): z.input<typeof summaryReply> {
  const words = row.kind === 'workflow' ? row.texts.join(' → ') : (row.texts[0] ?? '');
  return toSummary({
    ...row,
    title: row.title ?? words.slice(0, LONGEST_NAME).toWellFormed(),
    your_rating: row.rated_helpful === null ? null : (RATINGS.get(row.rated_helpful) ?? null),
  });
}

export const shownPattern = (
  row: OpenPattern,
  sources: readonly OpenSource[],
): z.input<typeof patternReply> => ({
  ...shownSummary(row),
  sources: sources.map(({ session_id, spans, texts }) => ({
    session_id,
    quotes: spans.map(([message_id, from, until], place) => ({
      message_id,
      span: [from, until] as [number, number],
      text: texts[place] ?? '',
    })),
  })),
});
