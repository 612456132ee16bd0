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

export const ANALYSIS_ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0d01';
export const SECTION_ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0d02';
const SCOPE_ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0c02';

export const ANALYSIS = {
  id: ANALYSIS_ID,
  scope_id: SCOPE_ID,
  section_id: null,
  kind: 'analyze',
  version: 4,
  status: 'completed',
  result: {
    risks: [],
    gaps: [
      {
        title: 'Nobody says who accepts the shop',
        detail: 'The deliverables name no acceptance criteria.',
        severity: 'high',
        section_ids: [SECTION_ID],
      },
    ],
    contradictions: [],
  },
  request_id: '0193a5c8-7d1d-7000-8000-3c1c5a5b0d00',
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:04.000Z',
} as const;

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
