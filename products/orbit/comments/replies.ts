import { namedObject } from 'plinth/product';
import { z } from 'zod';
import type { CommentRow } from './store.ts';

/** A comment as members read it. */
export const comment = namedObject('Comment', {
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
export const thread = namedObject('CommentThread', {
  ...comment.shape,
  replies: z.array(comment).describe('The first 20; `GET /v1/comments/:id/replies` has all.'),
});

export function shownComment(row: CommentRow): z.input<typeof comment> {
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
