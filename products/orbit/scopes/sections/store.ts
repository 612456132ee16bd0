import { type AccountId, type Statement, statement } from 'plinth/product';
import type { NewSection, SectionFields, SectionRow } from './section.ts';

const SECTION = `id, scope_id, type, title, content, fields, confidence::double precision as confidence, citations, rank, version,
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

/** One section. */
export function readSection({ accountId, scopeId, sectionId }: SectionKey): Statement<SectionRow> {
  return statement<SectionRow>(
    `select ${SECTION} from orbit.sections where account_id = $1 and scope_id = $2 and id = $3`,
    [accountId, scopeId, sectionId],
  );
}

/** Which section. */
export interface SectionKey {
  readonly accountId: AccountId;
  readonly scopeId: string;
  readonly sectionId: string;
}

export type SectionChange = {
  readonly [Field in 'type' | 'title' | 'content']?: SectionRow[Field] | undefined;
} & { readonly fields?: SectionFields | undefined };

/** Changes the text of a section. What a person has written was not extracted with any confidence. */
export function changeSection(key: SectionKey, change: SectionChange): Statement<SectionRow> {
  const { type, title, content, fields } = change;
  return statement<SectionRow>(
    `update orbit.sections set type = coalesce($4, type), title = coalesce($5, title), content = coalesce($6, content),
       fields = coalesce($7::jsonb, fields), confidence = case when $6 is null then confidence end,
       version = version + 1, updated_at = app.now()
     where account_id = $1 and scope_id = $2 and id = $3 returning ${SECTION}`,
    [
      key.accountId,
      key.scopeId,
      key.sectionId,
      type ?? null,
      title ?? null,
      content ?? null,
      fields === undefined ? null : JSON.stringify(fields),
    ],
  );
}

export function deleteSection(key: SectionKey): Statement {
  return statement('delete from orbit.sections where account_id = $1 and scope_id = $2 and id = $3', [
    key.accountId,
    key.scopeId,
    key.sectionId,
  ]);
}

/** Gives a section another place: the only row that a move writes. */
export function placeSection(key: SectionKey, rank: string): Statement<SectionRow> {
  return statement<SectionRow>(
    `update orbit.sections set rank = $4 where account_id = $1 and scope_id = $2 and id = $3 returning ${SECTION}`,
    [key.accountId, key.scopeId, key.sectionId, rank],
  );
}

/** Gives all sections of a scope places anew. */
export function placeAll(
  accountId: AccountId,
  scopeId: string,
  ranks: readonly { readonly id: string; readonly rank: string }[],
): Statement {
  return statement(
    `update orbit.sections c set rank = r.rank from jsonb_to_recordset($3::jsonb) as r (id uuid, rank text)
     where c.account_id = $1 and c.scope_id = $2 and c.id = r.id`,
    [accountId, scopeId, JSON.stringify(ranks)],
  );
}

/** Copies sections into another scope, under new ids, at the same places. */
export function copySections(
  accountId: AccountId,
  { scopeId, ids }: { readonly scopeId: string; readonly ids: readonly { from: string; id: string }[] },
): Statement {
  return statement(
    `insert into orbit.sections (account_id, id, scope_id, type, title, content, fields, confidence, citations, rank)
     select c.account_id, n.id, $2, c.type, c.title, c.content, c.fields, c.confidence, c.citations, c.rank
     from jsonb_to_recordset($3::jsonb) as n ("from" uuid, id uuid)
     join orbit.sections c on c.account_id = $1 and c.id = n."from"`,
    [accountId, scopeId, JSON.stringify(ids)],
  );
}
