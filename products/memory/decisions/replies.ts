import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { replyMaker } from '../items/reply.ts';
import { decisionStatus, level, title } from '../sessions/replies.ts';
import type { OpenLink } from './links.ts';
import type { LinkedTexts } from './service.ts';

const text = z.string().trim().min(1);

export const linkType = z.enum(['relates_to', 'drawn_from', 'implements']);
export const writtenStatus = z.enum(['proposed', 'accepted']);

/** Texts of a decision, as they are sent. */
export const textFields = {
  title,
  context: text.describe('What made it necessary. At most 64 KiB of UTF-8, as each text.'),
  rationale: text.describe('What was decided, and why.'),
  consequences: text.nullable().default(null),
} as const;

const summaryFields = {
  id: z.uuid(),
  client_id: z.string().describe('Your own name for it.'),
  author_id: z.uuid(),
  level: level.describe('Who may read it: its author, a team, or all members of the organization.'),
  team_id: z.uuid().nullable(),
  status: decisionStatus,
  superseded_by: z
    .uuid()
    .nullable()
    .describe('Null too where you may not read that decision, or it was deleted.'),
  title: z.string(),
  decided_at: z.iso.datetime(),
  version: z.int().describe('Of the texts that are shown.'),
  current_version: z.int().describe('The newest: the one that If-Match names.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
} as const;

export const summaryReply = namedObject('DecisionSummary', summaryFields);

export const linkReply = namedObject('DecisionLink', {
  id: z.uuid(),
  type: linkType,
  session_id: z.uuid().nullable().describe('Of a message: the session that it is of.'),
  message_id: z.uuid().nullable(),
  decision_id: z.uuid().nullable(),
  path: z.string().nullable(),
  span: z
    .tuple([z.int(), z.int()])
    .nullable()
    .describe('Of a message: where in its text, in UTF-16 units. Null: all of it.'),
  created_at: z.iso.datetime(),
});

export const decisionReply = namedObject('Decision', {
  ...summaryFields,
  context: z.string(),
  rationale: z.string(),
  consequences: z.string().nullable(),
  supersedes: z.array(z.uuid()),
  links: z.array(linkReply).describe('Those whose target you may read.'),
});

export const shownSummary = replyMaker(summaryReply);

export const shownLink = ({
  to_decision_id,
  created_at,
  first,
  last,
  ...link
}: OpenLink): z.input<typeof linkReply> => ({
  ...link,
  span: first === null || last === null ? null : [first, last],
  decision_id: to_decision_id,
  created_at: created_at.toISOString(),
});

const toDecision = replyMaker(decisionReply);
export const shownDecision = (row: LinkedTexts): z.input<typeof decisionReply> =>
  toDecision({ ...row, links: row.links.map(shownLink) });
