import { randomUUID } from 'node:crypto';
import {
  answer,
  namedObject,
  namedUnion,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  versionedAnswer,
  wholeNumber,
} from 'plinth/product';
import { z } from 'zod';
import type { Memory } from '../service.ts';
import { changeOf, itemOf, memberOf, reads, SHARING_ERRORS, writes } from '../access.ts';
import { askedLevel, clientId, decisionStatus, instant, level, markdownReply } from '../sessions/replies.ts';
import { decisionAsMarkdown } from './markdown.ts';
import {
  decisionReply,
  linkReply,
  linkType,
  shownDecision,
  shownLink,
  shownSummary,
  summaryReply,
  textFields,
  writtenStatus,
} from './replies.ts';

const route = productRoutes<Memory>();

const OWN_ERRORS = ['decision_not_found', 'author_only'] as const;
/** Four texts of 64 KiB, as JSON may write them. */
const LARGEST_BODY = 1_600_000;

export const createDecision = route(
  'POST /v1/decisions',
  {
    ...writes,
    summary: 'Record a decision',
    description:
      'Sent again with the same `client_id`, it answers the decision that is there. It takes no Idempotency-Key: the `client_id` is that. Without one each call makes another decision.',
    idempotency: 'none',
    maxBody: LARGEST_BODY,
    body: namedObject('CreateDecision', {
      client_id: clientId.optional().describe('Your own name for it; it is not sealed. Not said: a new one.'),
      ...textFields,
      session_id: z
        .uuid()
        .nullable()
        .default(null)
        .describe('A session that it was drawn from: a new decision is linked with it.'),
      status: writtenStatus.default('accepted'),
      decided_at: instant.nullable().default(null).describe('Null: now.'),
      level: askedLevel,
      team_id: z.uuid().nullable().default(null).describe('With the level `team` alone.'),
    }),
    reply: { 201: decisionReply, 200: decisionReply },
    errors: [...SHARING_ERRORS, 'decision_too_large', 'limit_exceeded', 'link_target_not_found'],
  },
  async (call, { decisions }) => {
    const { client_id = randomUUID(), team_id: teamId, ...rest } = call.body;
    const { decided_at: decidedAt, session_id: sessionId, ...body } = rest;
    const { status, level: chosen, ...texts } = body;
    const audience = { level: chosen, teamId };
    const input = { ...audience, clientId: client_id, decidedAt, status, texts, sessionId };
    const { row, isNew } = await decisions.create(memberOf(call), input);
    return versionedAnswer({ version: row.current_version }, shownDecision(row), {
      status: isNew ? 201 : 200,
      headers: { location: `/v1/decisions/${row.id}` },
    });
  },
);

export const listDecisions = route(
  'GET /v1/decisions',
  {
    ...reads,
    summary: 'List decisions',
    description: 'Those that you may read, newest first, without their longer texts.',
    query: z.strictObject({
      ...pageQuery,
      status: decisionStatus.optional(),
      level: level.optional(),
      author_id: z.uuid().optional(),
      session_id: z.uuid().optional().describe('Those that are linked with this session or a message of it.'),
    }),
    reply: { 200: pageOf(summaryReply) },
  },
  async (call, { decisions }) => {
    const { data, next_cursor } = await decisions.list(memberOf(call), call.query);
    return { data: data.map(shownSummary), next_cursor };
  },
);

export const readDecision = route(
  'GET /v1/decisions/:id',
  {
    ...reads,
    summary: 'Read a decision',
    description:
      'In its newest version or an older one; as JSON, or as an architecture decision record in Markdown. Level, status and links are those of today.',
    query: z.strictObject({
      version: wholeNumber(1, 1_000_000).optional(),
      format: z.enum(['json', 'markdown']).default('json'),
    }),
    reply: { 200: namedUnion('ReadDecision', [decisionReply, markdownReply]) },
    errors: ['decision_not_found'],
  },
  async (call, { decisions }) => {
    const row = await decisions.read(itemOf(call), call.query.version);
    const body =
      call.query.format === 'markdown' ? { markdown: decisionAsMarkdown(row) } : shownDecision(row);
    return versionedAnswer({ version: row.current_version }, body);
  },
);

export const writeDecision = route(
  'PUT /v1/decisions/:id',
  {
    ...writes,
    versioned: true,
    maxBody: LARGEST_BODY,
    summary: 'Write another version of a decision',
    description:
      'Its author alone may. Older versions stay. The same texts again make no version. With `If-Match`, only if that is the newest version.',
    body: namedObject('WriteDecision', textFields),
    reply: { 200: decisionReply },
    errors: [...OWN_ERRORS, 'decision_too_large', 'limit_exceeded'],
  },
  async (call, { decisions }) => {
    const row = await decisions.write(itemOf(call), { texts: call.body, version: call.ifMatch });
    return versionedAnswer({ version: row.current_version }, shownDecision(row));
  },
);

export const changeDecision = route(
  'PATCH /v1/decisions/:id',
  {
    ...writes,
    versioned: true,
    summary: 'Change the level or the status of a decision',
    description:
      'Its author may change both: a superseded decision that gets another status is superseded no longer. Admins and owners of the organization may lower the level of a decision that they can read, and never raise it. With `If-Match`, only if that is the newest version of its texts.',
    body: namedObject('ChangeDecision', {
      level: level.optional(),
      team_id: z.uuid().nullable().default(null).describe('With the level `team` alone.'),
      status: writtenStatus.optional(),
    }).refine((body) => body.level !== undefined || body.status !== undefined, 'Say what to change.'),
    reply: { 200: summaryReply },
    errors: [...SHARING_ERRORS, ...OWN_ERRORS, 'sources_more_private'],
  },
  async (call, { decisions }) => {
    const { team_id: teamId, ...change } = call.body;
    const row = await decisions.change(changeOf(call), { ...change, teamId, version: call.ifMatch });
    return versionedAnswer({ version: row.current_version }, shownSummary(row));
  },
);

export const supersedeDecision = route(
  'POST /v1/decisions/:id/supersede',
  {
    ...writes,
    summary: 'Have another decision take the place of one',
    description:
      'You must be able to read both, and be the author of the one that is superseded, or an admin or owner of the organization. It takes no Idempotency-Key: done again it changes nothing.',
    idempotency: 'none',
    body: namedObject('SupersedeDecision', { by: z.uuid().describe('The decision that takes its place.') }),
    reply: { 200: summaryReply },
    errors: [...OWN_ERRORS, 'supersession_cycle'],
  },
  async (call, { decisions }) => shownSummary(await decisions.supersedeBy(itemOf(call), call.body.by)),
);

export const linkDecision = route(
  'POST /v1/decisions/:id/links',
  {
    ...writes,
    summary: 'Link a decision with a session, a message, another decision or a file',
    description:
      'Its author alone may. A link shows its target to nobody who may not read that. It takes no Idempotency-Key: the same again answers the link that is there.',
    idempotency: 'none',
    body: namedObject('LinkDecision', {
      type: linkType,
      session_id: z.uuid().optional(),
      message_id: z.uuid().optional(),
      decision_id: z.uuid().optional(),
      path: z.string().min(1).max(1_000).optional().describe('Of a file.'),
    }).refine(
      ({ type: _type, ...target }) => Object.values(target).filter((one) => one !== undefined).length === 1,
      'Say one of session_id, message_id, decision_id and path.',
    ),
    reply: { 201: linkReply, 200: linkReply },
    errors: [...OWN_ERRORS, 'link_target_not_found', 'link_to_itself', 'links_exhausted'],
  },
  async (call, { decisions }) => {
    const { type, session_id = null, message_id = null, decision_id = null, path = null } = call.body;
    const target = { sessionId: session_id, messageId: message_id, decisionId: decision_id, path };
    const { row, isNew } = await decisions.link(itemOf(call), { type, target });
    return answer(isNew ? 201 : 200, shownLink(row));
  },
);

export const unlinkDecision = route(
  'DELETE /v1/decisions/:id/links/:link_id',
  {
    ...writes,
    summary: 'Delete a link of a decision',
    description: 'Its author alone may.',
    reply: { 200: okReply },
    errors: [...OWN_ERRORS, 'link_not_found'],
  },
  async (call, { decisions }) => {
    await decisions.unlink(itemOf(call), call.params.link_id);
    return { ok: true };
  },
);

export const deleteDecision = route(
  'DELETE /v1/decisions/:id',
  {
    ...writes,
    summary: 'Delete a decision',
    description: 'With all its versions and links. Its author alone may.',
    reply: { 200: okReply },
    errors: [...OWN_ERRORS],
  },
  async (call, { decisions }) => {
    await decisions.remove(itemOf(call));
    return { ok: true };
  },
);
