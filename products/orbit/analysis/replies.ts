import { namedObject, WORK_STATUSES } from 'plinth/product';
import { z } from 'zod';
import { shownError } from '../extraction/replies.ts';
import { resultFields } from './results.ts';
import { ANALYSIS_KINDS, type AnalysisRow } from './store.ts';

/** An analysis as it is answered. */
export const analysis = namedObject('ScopeAnalysis', {
  id: z.uuid(),
  scope_id: z.uuid(),
  section_id: z.uuid().nullable().describe('The section, of suggestions.'),
  kind: z.enum(ANALYSIS_KINDS),
  version: z.int().describe('Of the section or scope that it is about.'),
  status: z.enum(WORK_STATUSES),
  result: namedObject('ScopeAnalysisResult', resultFields).nullable(),
  error: namedObject('ScopeAnalysisError', { code: z.string(), message: z.string() })
    .optional()
    .describe('Why it failed; its call was given back.'),
  request_id: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

export function analysisJson(row: AnalysisRow): z.input<typeof analysis> {
  return {
    id: row.id,
    scope_id: row.scope_id,
    section_id: row.section_id,
    kind: row.kind,
    version: row.version,
    status: row.status,
    result: row.result === null ? null : structuredClone(row.result),
    ...shownError(row),
    request_id: row.request_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  } as z.input<typeof analysis>;
}
