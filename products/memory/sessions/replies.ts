import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { replyMaker } from '../items/reply.ts';
import type { SessionExport } from './export.ts';

const LEVELS = ['private', 'team', 'organization'] as const;
export const ROLES = ['user', 'assistant', 'system', 'tool'] as const;
const LONGEST_TITLE = 300;
const LONGEST_SPEAKER = 100;
const LONGEST_NOTE = 4_000;

export const level = z.enum(LEVELS);
export const askedLevel = level
  .optional()
  .describe('Not said: your default, or the account’s (`POST /v1/privacy/settings`); else `private`.');
export const decisionStatus = z.enum(['proposed', 'accepted', 'superseded']);
export const title = z.string().trim().min(1).max(LONGEST_TITLE);
export const ownSummary = z.string().trim().min(1).max(LONGEST_NOTE);
export const metadata = z
  .record(z.string(), z.unknown())
  .refine(
    (fields) => Buffer.byteLength(JSON.stringify(fields)) <= LONGEST_NOTE,
    `At most ${LONGEST_NOTE} bytes as JSON.`,
  );
export const speaker = z.string().trim().min(1).max(LONGEST_SPEAKER);
// The driver reads years before 100 as others, and the database's last year is no year of the protocol.
const [FIRST_TIME, LAST_TIME] = [Date.parse('1000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];
export const instant = z.iso
  .datetime({ offset: true, abort: true })
  .refine(
    (text) => Date.parse(text) >= FIRST_TIME && Date.parse(text) <= LAST_TIME,
    'A year from 1000 to 9999.',
  )
  .transform((text) => new Date(text));
/** A client's name for something: it stands in the database as it is. */
export const clientId = z
  .string()
  .regex(/^[\w.:@/+-]{1,200}$/, 'An id has 1 to 200 letters, digits and the signs . _ : @ / + -');

export const sessionReply = namedObject('MemorySession', {
  id: z.uuid(),
  client_id: z.string().describe('Your own name for it.'),
  author_id: z.uuid(),
  level: level.describe('Who may read it: its author, a team, or all members of the organization.'),
  team_id: z.uuid().nullable(),
  title: z.string().nullable(),
  summary: z.string().nullable().describe('By its author. What the server makes of it is in its export.'),
  metadata: z.record(z.string(), z.unknown()).nullable().describe('Fields of its author’s program.'),
  started_at: z.iso.datetime(),
  timestamp: z.iso.datetime().describe('The same as `started_at`.'),
  last_said_at: z.iso.datetime().nullable(),
  messages: z.int(),
  bytes: z
    .int()
    .describe('Of the texts that are kept, its summary and metadata among them, and 400 for each message.'),
  processed_messages: z
    .int()
    .describe(
      'How many of its messages its summary and drawn decisions are of. All, if it equals `messages`.',
    ),
  processed_until: z.iso
    .datetime()
    .nullable()
    .describe('When the last of those was said. Null: none was yet.'),
  version: z.int(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

export const shownSession = replyMaker(sessionReply);

export const messageReply = namedObject('MemoryMessage', {
  id: z.uuid(),
  client_id: z.string(),
  role: z.enum(ROLES),
  speaker: z.string().nullable(),
  said_at: z.iso.datetime(),
  text: z.string().nullable().describe('Null: it was recalled, and this session does not have its text.'),
  recalled: z.boolean(),
  repeated: z.boolean().describe('An earlier message of the session says the same; the text is kept once.'),
});

export const shownMessage = replyMaker(messageReply);

export const refinedSentence = namedObject('RefinedSentence', {
  text: z.string(),
  message_ids: z.array(z.uuid()).describe('The messages that say so.'),
});

export const exportReply = namedObject('MemoryExport', {
  session: sessionReply,
  summary: z.array(
    namedObject('MemorySentence', {
      text: z.string(),
      message_id: z.uuid(),
      span: z.tuple([z.int(), z.int()]).describe('Where it stands in the text, in UTF-16 units.'),
    }),
  ),
  refined: z
    .array(refinedSentence)
    .nullable()
    .describe(
      'By a model: `POST /v1/sessions/:id/summary`. Null: none was asked for since the last message.',
    ),
  decisions: z
    .array(namedObject('LinkedDecision', { id: z.uuid(), title: z.string(), status: decisionStatus }))
    .describe('Those that are linked with it or a message of it, of those that you may read.'),
  metadata: namedObject('MemoryExportMetadata', {
    first_said_at: z.iso.datetime().nullable(),
    messages_by_role: z.record(z.string(), z.int()),
  }),
});

export const markdownReply = namedObject('MemoryMarkdown', { markdown: z.string() });

export const shownExport = ({
  session,
  summary: { sentences, roles, firstSaidAt },
  refined,
  decisions,
}: SessionExport) => ({
  session: shownSession(session),
  summary: sentences,
  refined,
  decisions: [...decisions],
  metadata: { first_said_at: firstSaidAt?.toISOString() ?? null, messages_by_role: roles },
});
