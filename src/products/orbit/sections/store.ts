import { type Statement, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { NewSection, SectionRow } from './section.ts';

export const SECTION = `id, scope_id, type, title, content, fields, confidence::double precision as confidence, citations, rank, version,
  created_at, updated_at`;

/** The sections of a scope in their order. */
export function listSections(accountId: AccountId, scopeId: string): Statement<SectionRow> {
  return statement<SectionRow>(
    `select ${SECTION} from orbit.sections where account_id = $1 and scope_id = $2 order by rank, id`,
    [accountId, scopeId],
  );
}

/** Their places alone. */
export function ranksOf(accountId: AccountId, scopeId: string): Statement<{ id: string; rank: string }> {
  return statement<{ id: string; rank: string }>(
    'select id, rank from orbit.sections where account_id = $1 and scope_id = $2 order by rank, id',
    [accountId, scopeId],
  );
}

export function insertSection(
  at: { readonly accountId: AccountId; readonly scopeId: string; readonly id: string; readonly rank: string },
  { type, title, content, fields, confidence, citations }: NewSection,
): Statement<SectionRow> {
  return statement<SectionRow>(
    `insert into orbit.sections (account_id, id, scope_id, rank, type, title, content, fields, confidence, citations)
     values ($1, $2, $3, $4, $5, $6, $7, coalesce($8::jsonb, '{"dates": [], "durations": [], "money": []}'), $9, $10::jsonb)
     returning ${SECTION}`,
    [
      at.accountId,
      at.id,
      at.scopeId,
      at.rank,
      type,
      title,
      content,
      fields === undefined ? null : JSON.stringify(fields),
      confidence ?? null,
      citations === undefined || citations === null ? null : JSON.stringify(citations),
    ],
  );
}
