import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { section, shownSection } from './sections/replies.ts';
import { SCOPE_STATUSES, type ScopeRow, type WholeScope } from './scope.ts';

const fields = {
  id: z.uuid(),
  project_id: z.uuid().nullable(),
  title: z.string(),
  client_name: z.string().nullable(),
  status: z.enum(SCOPE_STATUSES),
  summary: z.string(),
  confidence: z.number().nullable().describe('Of what was extracted, 0 to 1; null: nothing was.'),
  currency: z.string().describe('By ISO 4217.'),
  created_by: z.uuid(),
  version: z.int().describe('Counts changes of the scope and of its sections; the ETag of the scope.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  deleted_at: z.iso.datetime().nullable().describe('In the trash since then; null: in use.'),
} as const;

/** A scope without its sections. */
export const scope = namedObject('Scope', fields);

/** A scope with its sections in their order. */
export const wholeScope = namedObject('ScopeWithSections', { ...fields, sections: z.array(section) });

export function shownScope(row: ScopeRow): z.input<typeof scope> {
  const { id, project_id, title, client_name, status, summary, confidence, currency, created_by } = row;
  return {
    id,
    project_id,
    title,
    client_name,
    status,
    summary,
    confidence,
    currency,
    created_by,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    deleted_at: row.deleted_at?.toISOString() ?? null,
  };
}

export function shownWhole({ scope: row, sections }: WholeScope): z.input<typeof wholeScope> {
  return { ...shownScope(row), sections: sections.map(shownSection) };
}
