import { namedObject, WORK_STATUSES } from 'plinth/product';
import { z } from 'zod';
import { SECTION_TYPES } from '../scopes/sections/section.ts';
import type { ExtractionRow, ReadChunk } from './store.ts';

export const citation = namedObject('OrbitCitation', {
  document_id: z.uuid(),
  page: z.int(),
  quote: z.string().describe('As it stands in the document, white space folded.'),
});

const conflict = namedObject('ExtractionConflict', {
  kind: z.enum(['money', 'date']),
  type: z.enum(SECTION_TYPES).describe('The section that shows it.'),
  subject: z.string(),
  values: z
    .array(namedObject('ExtractionConflictValue', { text: z.string(), citations: z.array(citation) }))
    .describe('What the documents say, each with its place. None is chosen, and nothing is averaged.'),
});

const missing = namedObject('ExtractionMissing', {
  document_id: z.uuid(),
  from_page: z.int(),
  to_page: z.int(),
  reason: z
    .enum(['budget', 'size', 'time', 'unusable', 'too_large', 'provider', 'privacy'])
    .describe(
      '`budget`: the day’s is used up; `size` and `time`: one extraction reads no more; `unusable` and `provider`: the model failed; `too_large`: larger or more costly than a call to the model may be, in small parts too; `privacy`: the workspace sends nothing to models any more. Ask again with the same documents to go on.',
    ),
});

/** An extraction as it is answered. */
export const extraction = namedObject('Extraction', {
  id: z.uuid(),
  scope_id: z.uuid(),
  scope_version: z.int().describe('Of the scope when it was asked for.'),
  result_version: z.int().nullable().describe('Of the scope with its sections.'),
  document_ids: z.array(z.uuid()),
  continues: z.boolean().describe('Whether it goes on where an earlier one of the same documents stopped.'),
  status: z.enum(WORK_STATUSES),
  progress: namedObject('ExtractionProgress', { done: z.int(), total: z.int().nullable() }).describe(
    'Parts of the documents that are read, of how many.',
  ),
  section_ids: z.array(z.uuid()).describe('The sections that were added.'),
  items: z.int().describe('What the documents say, each thing once.'),
  conflicts: z.array(conflict),
  confidence: z.number().nullable(),
  missing: z.array(missing).describe('What was not read.'),
  error: namedObject('ExtractionError', { code: z.string(), message: z.string() })
    .optional()
    .describe('Why it failed; its call was given back.'),
  request_id: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

/** Why it failed, if it did. */
export function shownError(row: {
  readonly error_code: string | null;
  readonly error_message: string | null;
}) {
  const { error_code: code, error_message: message } = row;
  return code === null ? {} : { error: { code, message: message ?? '' } };
}

export function shownChunk(chunk: ReadChunk) {
  const { document_id, from_page, to_page, items } = chunk;
  return { document_id, from_page, to_page, items };
}

export function extractionJson(row: ExtractionRow, read: number): z.input<typeof extraction> {
  return {
    id: row.id,
    scope_id: row.scope_id,
    scope_version: row.scope_version,
    result_version: row.result_version,
    document_ids: [...row.document_ids],
    continues: row.root_id !== row.id,
    status: row.status,
    progress: { done: read, total: row.chunks },
    section_ids: [...(row.done?.sections ?? [])],
    items: row.done?.items ?? 0,
    conflicts: (row.done?.conflicts ?? []).map((one) => ({
      ...one,
      values: one.values.map(({ text, citations }) => ({ text, citations: [...citations] })),
    })),
    confidence: row.confidence,
    missing: row.missing.map((pages) => ({ ...pages })),
    ...shownError(row),
    request_id: row.request_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
