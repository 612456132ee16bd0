import {
  commitPoint,
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  versionedAnswer,
} from 'plinth/product';
import { z } from 'zod';
import type { Comments } from './service.ts';
import { text } from '../words.ts';
import type { CommentRow } from './store.ts';

/** A comment as members read it. */
const comment = namedObject('Comment', {
  id: z.uuid(),
  scope_id: z.uuid(),
  section_id: z.uuid().nullable().describe('null: on the scope, or its section was deleted.'),
  thread_id: z.uuid().nullable().describe('The comment that began the thread; null: this one did.'),
  user_id: z.uuid().describe('Who wrote it.'),
  body: z.string().nullable().describe('null: it was deleted, and is shown because of its replies.'),
  mentions: z.array(z.uuid()),
  edited_at: z.iso.datetime().nullable(),
  resolved_at: z.iso.datetime().nullable(),
  resolved_by: z.uuid().nullable(),
  reply_count: z.int(),
  version: z.int().describe('Counts its changes; its ETag.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

/** A thread: the comment that began it, and the first of its replies. */
const thread = namedObject('CommentThread', {
  ...comment.shape,
  replies: z.array(comment).describe('The first 20; `GET /v1/comments/:id/replies` has all.'),
});

function shownComment(row: CommentRow): z.input<typeof comment> {
  return {
    id: row.id,
    scope_id: row.scope_id,
    section_id: row.section_id,
    thread_id: row.thread_id,
    user_id: row.user_id,
    body: row.deleted_at === null ? row.body : null,
    mentions: [...row.mentions],
    edited_at: row.edited_at?.toISOString() ?? null,
    resolved_at: row.resolved_at?.toISOString() ?? null,
    resolved_by: row.resolved_by,
    reply_count: row.replies,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

const ADD = commitPoint(
  'orbit.comment-add',
  'a comment, the mails of whom it mentions, and the answer under the request’s key',
);

const route = productRoutes<{ readonly comments: Comments }>();

const reads = {
  tag: 'Orbit comments',
  auth: 'account',
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 600, by: 'account' },
} as const;
const writes = {
  ...reads,
  may: 'member',
  scope: 'orbit:write',
  rate: { perMinute: 60, by: 'member' },
} as const;

/** Neither spaces nor marks nor what is invisible. */
const SAID = /[^\p{C}\p{Z}\p{M}]/u;
const body = text(5_000)
  .trim()
  .refine((words) => SAID.test(words), { error: 'says nothing' })
  .describe('Plain text.');
const mentions = z
  .array(z.uuid())
  .max(10)
  .overwrite((ids) => [...new Set(ids.map((id) => id.toLowerCase()))])
  .describe('Members who receive a mail, one per comment.');

export const listComments = route(
  'GET /v1/scopes/:id/comments',
  {
    ...reads,
    summary: 'List the threads of a scope',
    description: 'Those that were begun last first, each with its first 20 replies.',
    query: z.strictObject({
      ...pageQuery,
      section_id: z.uuid().optional().describe('Those on one section.'),
      resolved: z.enum(['true', 'false']).optional(),
    }),
    reply: { 200: pageOf(thread) },
    errors: ['scope_not_found'],
  },
  async ({ accountId, params, query }, { comments }) => {
    const { section_id: section, resolved, cursor, limit } = query;
    const asked = {
      section,
      resolved: resolved === undefined ? undefined : resolved === 'true',
      cursor,
      limit,
    };
    const { data, next_cursor } = await comments.threads({ accountId, scopeId: params.id }, asked);
    return {
      data: data.map((one) => ({ ...shownComment(one.comment), replies: one.replies.map(shownComment) })),
      next_cursor,
    };
  },
);

export const addComment = route(
  'POST /v1/scopes/:id/comments',
  {
    ...writes,
    summary: 'Comment on a scope, on one of its sections, or in a thread',
    private: true,
    body: namedObject('NewComment', {
      body,
      section_id: z.uuid().optional(),
      reply_to: z.uuid().optional().describe('A comment of the thread. It is on what the thread is on.'),
      mentions: mentions.default([]),
    }),
    reply: { 201: comment },
    errors: ['scope_not_found', 'section_not_found', 'comment_not_found', 'mention_unknown'],
  },
  async ({ accountId, params, body: said, caller, origin, once }, { comments }) => {
    const { section_id: sectionId, reply_to: replyTo } = said;
    const added = await once(ADD, async (tx) => {
      const saying = { ...said, accountId, caller, origin, scopeId: params.id, sectionId, replyTo };
      const row = await comments.addIn(tx, saying);
      const headers = { location: `/v1/comments/${row.id}` };
      return versionedAnswer(row, shownComment(row), { status: 201, headers });
    });
    comments.told({ scope_id: params.id });
    return added;
  },
);

export const readComment = route(
  'GET /v1/comments/:id',
  {
    ...reads,
    summary: 'Read a comment',
    reply: { 200: comment },
    errors: ['comment_not_found'],
  },
  async ({ accountId, params }, { comments }) => {
    const row = await comments.read({ accountId, id: params.id });
    return versionedAnswer(row, shownComment(row));
  },
);

export const listReplies = route(
  'GET /v1/comments/:id/replies',
  {
    ...reads,
    summary: 'List the replies of a thread',
    description: 'The oldest first.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(comment) },
    errors: ['comment_not_found'],
  },
  async ({ accountId, params, query }, { comments }) => {
    const { data, next_cursor } = await comments.replies({ accountId, id: params.id }, query);
    return { data: data.map(shownComment), next_cursor };
  },
);

export const changeComment = route(
  'PATCH /v1/comments/:id',
  {
    ...writes,
    summary: 'Change your comment',
    description:
      'Nobody changes another’s. A member who is mentioned for the first time gets a mail, unless this comment sent them one before.',
    versioned: true,
    body: namedObject('UpdateCommentRequest', { body, mentions: mentions.optional() }),
    reply: { 200: comment },
    errors: ['comment_not_found', 'forbidden', 'mention_unknown', 'precondition_failed'],
  },
  async ({ accountId, params, role, caller, origin, ifMatch, body: said }, { comments }) => {
    const at = { accountId, id: params.id, role, caller, origin };
    const row = await comments.change(at, ifMatch, said);
    return versionedAnswer(row, shownComment(row));
  },
);

export const deleteComment = route(
  'DELETE /v1/comments/:id',
  {
    ...writes,
    summary: 'Delete a comment',
    description:
      'By who wrote it, and by admins. One with replies stays without its text while they are there.',
    reply: { 200: okReply },
    errors: ['comment_not_found', 'forbidden'],
  },
  async ({ accountId, params, role, caller, origin }, { comments }) => {
    await comments.remove({ accountId, id: params.id, role, caller, origin });
    return { ok: true };
  },
);

const resolving = {
  ...writes,
  idempotency: 'none',
  reply: { 200: comment },
  errors: ['comment_not_found', 'comment_is_reply', 'forbidden'],
} as const;

export const resolveThread = route(
  'POST /v1/comments/:id/resolve',
  {
    ...resolving,
    summary: 'Resolve a thread',
    description:
      'By who began it, and by admins. It takes no Idempotency-Key: a repeated call changes nothing.',
  },
  async ({ accountId, params, role, caller, origin }, { comments }) => {
    const row = await comments.resolve({ accountId, id: params.id, role, caller, origin }, true);
    return versionedAnswer(row, shownComment(row));
  },
);

export const unresolveThread = route(
  'POST /v1/comments/:id/unresolve',
  {
    ...resolving,
    summary: 'Reopen a resolved thread',
    description:
      'By who began it, and by admins. It takes no Idempotency-Key: a repeated call changes nothing.',
  },
  async ({ accountId, params, role, caller, origin }, { comments }) => {
    const row = await comments.resolve({ accountId, id: params.id, role, caller, origin }, false);
    return versionedAnswer(row, shownComment(row));
  },
);
