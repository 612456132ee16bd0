import {
  type AccountId,
  microsecondsOf,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  type UserId,
  valuesOf,
  versionUpdate,
  type WhichVersion,
  type WorkKey,
} from 'plinth/product';
import type { ScopeKey } from '../changes/store.ts';
import type { SectionType } from '../scopes/sections/section.ts';

/** A section as a template has it. */
export interface TemplateSection {
  readonly type: SectionType;
  readonly title: string;
  readonly content: string;
}

/** A template's texts. */
export interface TemplateText {
  readonly name: string;
  readonly description: string | null;
  readonly sections: readonly TemplateSection[];
}

/** A template without its sections. */
export interface TemplateSummary {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly section_count: number;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface TemplateRow extends TemplateSummary {
  readonly sections: readonly TemplateSection[];
}

const SUMMARY =
  'id, name, description, jsonb_array_length(sections) as section_count, version, created_at, updated_at';
const WHOLE = `${SUMMARY}, sections`;
const AT = `${microsecondsOf('created_at')} as at`;

/** The templates of a workspace, newest first. */
export function listTemplates(
  accountId: AccountId,
  { after, limit }: { readonly after: TimePosition | undefined; readonly limit: number },
): Statement<TemplateSummary & TimePosition> {
  const { values, put } = valuesOf(accountId, limit);
  const conditions = ['account_id = $1', ...olderThan(after, put)];
  return statement<TemplateSummary & TimePosition>(
    `select ${SUMMARY}, ${AT} from orbit.templates where ${conditions.join(' and ')} order by created_at desc, id desc limit $2`,
    values,
  );
}

export const readTemplate = ({ accountId, id }: WorkKey) =>
  statement<TemplateRow>(`select ${WHOLE} from orbit.templates where account_id = $1 and id = $2`, [
    accountId,
    id,
  ]);

/** No row: the workspace has `most` templates. */
export const insertTemplate = (
  { accountId, id, userId }: WorkKey & { readonly userId: UserId },
  { name, description, sections }: TemplateText,
  most: number,
) =>
  statement<TemplateRow>(
    `insert into orbit.templates (account_id, id, created_by, name, description, sections)
     select $1, $2, $3, $4, $5, $6::jsonb where (select count(*) from orbit.templates where account_id = $1) < $7
     returning ${WHOLE}`,
    [accountId, id, userId, name, description, JSON.stringify(sections), most],
  );

export type TemplateChange = { readonly [Field in keyof TemplateText]?: TemplateText[Field] | undefined };

/** Changes a template of this version (any, when not said). No row: there is none, or it has another version. */
export function changeTemplate(which: WhichVersion, change: TemplateChange): Statement<TemplateRow> {
  const { text, values } = versionUpdate({ table: 'orbit.templates', returning: WHOLE }, which, (put) => ({
    sets: Object.entries(change).map(([field, value]) =>
      field === 'sections' ? `sections = ${put(JSON.stringify(value))}::jsonb` : `${field} = ${put(value)}`,
    ),
  }));
  return statement<TemplateRow>(text, values);
}

export const deleteTemplate = ({ accountId, id }: WorkKey) =>
  statement<{ id: string }>('delete from orbit.templates where account_id = $1 and id = $2 returning id', [
    accountId,
    id,
  ]);

/** Templates that the operator published, newest first. */
export const publicTemplates = (most: number) =>
  statement<TemplateSummary & TimePosition>(
    `select ${SUMMARY}, ${AT} from orbit.public_templates order by created_at desc, id desc limit $1`,
    [most],
  );

export const readPublicTemplate = (id: string) =>
  statement<TemplateRow>(`select ${WHOLE} from orbit.public_templates where id = $1`, [id]);

/** No row: there are `most` public templates. */
export const insertPublicTemplate = (
  id: string,
  { name, description, sections }: TemplateText,
  most: number,
) =>
  statement<TemplateRow>(
    `insert into orbit.public_templates (id, name, description, sections)
     select $1, $2, $3, $4::jsonb where (select count(*) from orbit.public_templates) < $5 returning ${WHOLE}`,
    [id, name, description, JSON.stringify(sections), most],
  );

export const changePublicTemplate = (
  { id, version }: { readonly id: string; readonly version: number | undefined },
  { name, description, sections }: TemplateChange,
) =>
  statement<TemplateRow>(
    `update orbit.public_templates set name = coalesce($3, name),
       description = case when $4::boolean then $5 else description end, sections = coalesce($6::jsonb, sections),
       version = version + 1, updated_at = app.now()
     where id = $1 and ($2::integer is null or version = $2) returning ${WHOLE}`,
    [
      id,
      version ?? null,
      name ?? null,
      description !== undefined,
      description ?? null,
      sections === undefined ? null : JSON.stringify(sections),
    ],
  );

export const deletePublicTemplate = (id: string) =>
  statement<{ id: string }>('delete from orbit.public_templates where id = $1 returning id', [id]);

/** Deletes all sections of a scope. */
export const clearSections = ({ accountId, scopeId }: ScopeKey) =>
  statement<{ id: string; type: string }>(
    'delete from orbit.sections where account_id = $1 and scope_id = $2 returning id, type',
    [accountId, scopeId],
  );

/** Gives a section the text of a template: what was extracted for it, and where it stood, is of the former text. */
export const replaceText = (accountId: AccountId, id: string, { type, content }: TemplateSection) =>
  statement<{ version: number }>(
    `update orbit.sections set type = $3, content = $4, fields = '{"dates": [], "durations": [], "money": []}', confidence = null,
       citations = null, version = version + 1, updated_at = app.now()
     where account_id = $1 and id = $2 returning version`,
    [accountId, id, type, content],
  );
