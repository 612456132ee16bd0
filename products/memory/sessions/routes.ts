import { randomUUID } from 'node:crypto';
import {
  namedObject,
  namedUnion,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  versionedAnswer,
} from 'plinth/product';
import { z } from 'zod';
import type { Memory } from '../service.ts';
import { changeOf, itemOf, memberOf, reads, SHARING_ERRORS, writes } from '../access.ts';
import { exportAsMarkdown } from './export.ts';
import {
  askedLevel,
  clientId,
  exportReply,
  instant,
  level,
  markdownReply,
  metadata,
  messageReply,
  ownSummary,
  ROLES,
  sessionReply,
  shownExport,
  shownMessage,
  shownSession,
  speaker,
  title,
} from './replies.ts';

const route = productRoutes<Memory>();

const LARGEST_BATCH = 8_000_000;

export const createMemorySession = route(
  'POST /v1/sessions',
  {
    ...writes,
    summary: 'Create a session of memory',
    description:
      'Sent again with the same `client_id`, it answers the session that is there. It takes no Idempotency-Key: its `client_id` is that. Without one each call makes another session.',
    idempotency: 'none',
    body: namedObject('CreateMemorySession', {
      client_id: clientId.optional().describe('Your own name for it; it is not sealed. Not said: a new one.'),
      title: title.nullable().default(null),
      level: askedLevel,
      team_id: z.uuid().nullable().default(null).describe('With the level `team` alone.'),
      summary: ownSummary.nullable().default(null).describe('Yours. Search does not read it.'),
      metadata: metadata
        .nullable()
        .default(null)
        .describe('Fields of your program. Search does not read them.'),
      started_at: instant.nullable().default(null),
      timestamp: instant.optional().describe('The same as `started_at`.'),
    }).refine(
      (body) => body.started_at === null || body.timestamp === undefined,
      'Say either started_at or timestamp.',
    ),
    reply: { 201: sessionReply, 200: sessionReply },
    errors: [...SHARING_ERRORS, 'limit_exceeded'],
  },
  async (call, { memory }) => {
    const { client_id = randomUUID(), team_id: teamId, started_at, timestamp, ...body } = call.body;
    const input = { ...body, clientId: client_id, teamId, startedAt: timestamp ?? started_at };
    const { row, isNew } = await memory.create(memberOf(call), input);
    return versionedAnswer(row, shownSession(row), {
      status: isNew ? 201 : 200,
      headers: { location: `/v1/sessions/${row.id}` },
    });
  },
);

export const listMemorySessions = route(
  'GET /v1/sessions',
  {
    ...reads,
    summary: 'List sessions of memory',
    description: 'Those that you may read, newest first.',
    query: z.strictObject({ ...pageQuery, level: level.optional(), author_id: z.uuid().optional() }),
    reply: { 200: pageOf(sessionReply) },
  },
  async (call, { memory }) => {
    const { data, next_cursor } = await memory.list(memberOf(call), call.query);
    return { data: data.map(shownSession), next_cursor };
  },
);

export const readMemorySession = route(
  'GET /v1/sessions/:id',
  {
    ...reads,
    summary: 'Read a session of memory',
    reply: { 200: sessionReply },
    errors: ['memory_session_not_found'],
  },
  async (call, { memory }) => {
    const row = await memory.read(itemOf(call));
    return versionedAnswer(row, shownSession(row));
  },
);

export const changeMemorySession = route(
  'PATCH /v1/sessions/:id',
  {
    ...writes,
    versioned: true,
    summary: 'Change the title, the notes or the level of a session',
    description:
      'Its author may change all of it. Admins and owners of the organization may lower the level of a session that they can read, and never raise it. A changed level counts at once, in lists and in search. With `If-Match`, only from that version on: messages that are stored count it too.',
    body: namedObject('ChangeMemorySession', {
      title: title.nullable().optional(),
      summary: ownSummary.nullable().optional(),
      metadata: metadata.nullable().optional(),
      level: level.optional(),
      team_id: z.uuid().nullable().default(null).describe('With the level `team` alone.'),
    }).refine(
      ({ team_id: _team, ...change }) => Object.values(change).some((one) => one !== undefined),
      'Say what to change.',
    ),
    reply: { 200: sessionReply },
    errors: [...SHARING_ERRORS, 'memory_session_not_found', 'author_only', 'limit_exceeded'],
  },
  async (call, { memory }) => {
    const { team_id: teamId, ...change } = call.body;
    const row = await memory.change(changeOf(call), { ...change, teamId, version: call.ifMatch });
    return versionedAnswer(row, shownSession(row));
  },
);

export const deleteMemorySession = route(
  'DELETE /v1/sessions/:id',
  {
    ...writes,
    summary: 'Delete a session',
    description: 'With all that was said in it. Its author alone may.',
    reply: { 200: okReply },
    errors: ['memory_session_not_found', 'author_only'],
  },
  async (call, { memory }) => {
    await memory.remove(itemOf(call));
    return { ok: true };
  },
);

export const appendMemoryMessages = route(
  'POST /v1/sessions/:id/messages',
  {
    ...writes,
    summary: 'Store messages of a session',
    description:
      'In any order, and as often as you like: a message is known by its `client_id`, and another text under a known one is 409 `message_conflict`. All of a call is stored, or nothing. What a session says twice is kept once. Mark what came out of a recall as `recalled`: its text is not stored again. It takes no Idempotency-Key: the ids of the messages are that.',
    idempotency: 'none',
    maxBody: LARGEST_BATCH,
    body: namedObject('StoreMemoryMessages', {
      messages: z
        .array(
          namedObject('NewMemoryMessage', {
            client_id: clientId,
            role: z.enum(ROLES),
            text: z.string().min(1).describe('At most 1 MB of UTF-8.'),
            speaker: speaker.nullable().default(null).describe('Who said it, where the role does not tell.'),
            said_at: instant.nullable().default(null),
            recalled: z.boolean().default(false),
          }),
        )
        .min(1)
        .max(100),
    }),
    reply: {
      200: namedObject('StoredMemoryMessages', {
        stored: z.int(),
        known: z.int().describe('They were sent before.'),
        recalled: z.int(),
        repeated: z.int().describe('The session has said the same before.'),
      }),
    },
    errors: [
      'memory_session_not_found',
      'author_only',
      'message_conflict',
      'message_too_large',
      'too_many_words',
      'limit_exceeded',
    ],
  },
  (call, { memory }) =>
    memory.append(
      itemOf(call),
      call.body.messages.map(({ client_id: id, said_at: saidAt, ...message }) => ({
        ...message,
        clientId: id,
        saidAt,
      })),
    ),
);

export const listMemoryMessages = route(
  'GET /v1/sessions/:id/messages',
  {
    ...reads,
    summary: 'Read the messages of a session',
    description: 'In the order in which they were said. A page has 8 MB of texts at most.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(messageReply) },
    errors: ['memory_session_not_found'],
  },
  async (call, { memory }) => {
    const { data, next_cursor } = await memory.messages(itemOf(call), call.query);
    return { data: data.map(shownMessage), next_cursor };
  },
);

export const exportMemorySession = route(
  'POST /v1/sessions/:id/export',
  {
    ...reads,
    may: 'member',
    summary: 'Export a session: summary, decisions and metadata',
    description:
      'The summary is sentences of the session, each with where it stands. It takes no Idempotency-Key: nothing is changed.',
    idempotency: 'none',
    body: namedObject('ExportMemorySession', { format: z.enum(['json', 'markdown']).default('json') }),
    reply: { 200: namedUnion('MemorySessionExport', [exportReply, markdownReply]) },
    errors: ['memory_session_not_found'],
  },
  async (call, { memory }) => {
    const exported = await memory.export(itemOf(call));
    return call.body.format === 'markdown' ? { markdown: exportAsMarkdown(exported) } : shownExport(exported);
  },
);
