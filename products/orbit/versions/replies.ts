import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { SCOPE_STATUSES } from '../scopes/scope.ts';
import { SECTION_TYPES } from '../scopes/sections/section.ts';
import { citation } from '../scopes/sections/replies.ts';
import { VERSION_CAUSES } from './service.ts';
import type { VersionRow } from './store.ts';

const fields = {
  number: z.int().describe('The version of the scope.'),
  cause: z.enum(VERSION_CAUSES),
  created_by: z.uuid().nullable(),
  began_at: z.iso.datetime().describe('Of the first change that it holds.'),
  created_at: z.iso.datetime().describe('Of the last one.'),
} as const;

export const version = namedObject('ScopeVersionSummary', fields);

const kept = namedObject('KeptScope', {
  title: z.string(),
  client_name: z.string().nullable(),
  status: z.enum(SCOPE_STATUSES),
  summary: z.string(),
  currency: z.string(),
  project_id: z.uuid().nullable(),
  confidence: z.number().nullable(),
  sections: z.array(
    namedObject('KeptSection', {
      id: z.uuid(),
      type: z.enum(SECTION_TYPES),
      title: z.string(),
      content: z.string(),
      fields: z.looseObject({}),
      confidence: z.number().nullable(),
      citations: z.array(citation).nullable(),
    }),
  ),
});

export const scopeVersion = namedObject('ScopeVersion', { ...fields, scope: kept });

const fieldDiffs = z.array(
  namedObject('FieldDiff', {
    field: z.enum(['title', 'client_name', 'status', 'summary', 'currency', 'project_id', 'type']),
    before: z.string().nullable(),
    after: z.string().nullable(),
  }),
);

/** Changes of a scope. */
export const scopeDiff = namedObject('ScopeDiff', {
  from: z.int().describe('0: there was nothing yet.'),
  to: z.int(),
  fields: fieldDiffs,
  sections: z.array(
    namedObject('SectionDiff', {
      id: z.uuid(),
      change: z.enum(['added', 'removed', 'changed', 'moved']),
      type: z.enum(SECTION_TYPES),
      title: z.string(),
      before_position: z.int().nullable().describe('Its place, from 1; null: it was not there.'),
      after_position: z.int().nullable(),
      fields: fieldDiffs,
      lines: z.array(namedObject('DiffLine', { op: z.enum(['same', 'added', 'removed']), text: z.string() })),
      lines_left_out: z
        .int()
        .describe('How many more there are: a diff shows 10,000 lines and 1,000,000 characters at most.'),
    }),
  ),
});

export function shownVersion(row: VersionRow): z.input<typeof version> {
  const { number, cause, created_by } = row;
  const times = { began_at: row.began_at.toISOString(), created_at: row.created_at.toISOString() };
  return { number, cause, created_by, ...times };
}
