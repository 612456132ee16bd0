import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { TestApp } from '@plinth/testkit/services/app';

/** One of everything that people keep of a scope in Orbit, in an open workspace with a logo: who is here, changes, comments, templates, favourites. */
export async function makeCollaboration(
  { app, db }: TestApp,
  { userId }: { readonly userId: UserId },
  accountId: AccountId,
): Promise<void> {
  const [scope, section, comment, line, template, process, open] = Array.from({ length: 7 }, () =>
    app.modules.ids.next(),
  );
  const insert = `with workspace as (
      insert into orbit.workspaces (account_id, slug, logo_blob_id) values ($1, 'workspace-' || right($1::uuid::text, 12),
        (select id from blobs.blobs where account_id = $1 and purpose = 'logo' limit 1)) on conflict (account_id) do update set logo_blob_id = excluded.logo_blob_id),
    scope as (
      insert into orbit.scopes (account_id, id, title, created_by) values ($1, $3, 'a scope', $2)),
    section as (insert into orbit.sections (account_id, id, scope_id, type, title, content, rank)
      values ($1, $4, $3, 'risks', 'a section', 'words', 'a0')),
    head as (insert into orbit.scope_heads (account_id, scope_id, seq) values ($1, $3, 1)),
    change as (insert into orbit.scope_changes (account_id, scope_id, seq, kind, data, actor_user)
      values ($1, $3, 1, 'comment.added', '{}', $2)),
    line as (insert into orbit.activities (account_id, id, scope_id, kind, data, actor_user)
      values ($1, $6, $3, 'comment.added', '{}', $2)),
    presence as (insert into orbit.presence (account_id, scope_id, user_id, process_id, expires_at)
      values ($1, $3, $2, $8, app.now() + interval '1 hour')),
    comment as (insert into orbit.comments (account_id, id, scope_id, section_id, user_id, body)
      values ($1, $5, $3, $4, $2, 'a comment')),
    mention as (insert into orbit.comment_mentions (account_id, comment_id, user_id) values ($1, $5, $2)),
    template as (insert into orbit.templates (account_id, id, name, sections, created_by)
      values ($1, $7, 'a template', '[{"type": "risks", "title": "Risks", "content": "words"}]', $2)),
    published as (insert into orbit.public_templates (id, name, sections) values ($9, 'a public template', '[]'))
    insert into orbit.favourites (account_id, user_id, scope_id) values ($1, $2, $3)`;
  await db.asMigrator(
    statement(insert, [accountId, userId, scope, section, comment, line, template, process, open]),
  );
}
