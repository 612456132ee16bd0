import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { SECTION_TYPES, type SectionRow } from './section.ts';

const LONGEST_QUOTE = 2_000;

export const citation = namedObject('ScopeCitation', {
  document_id: z.uuid(),
  page: z.int().min(1).max(100_000),
  quote: z.string().min(1).max(LONGEST_QUOTE),
});

/** A section. */
export const section = namedObject('ScopeSection', {
  id: z.uuid(),
  scope_id: z.uuid(),
  type: z.enum(SECTION_TYPES),
  title: z.string(),
  content: z.string().describe('Markdown.'),
  fields: z.looseObject({}).describe('Dates, durations and money that stand in it, parsed.'),
  confidence: z.number().nullable().describe('Of what was extracted, 0 to 1; null: a person wrote it.'),
  citations: z.array(citation).nullable().describe('Its place in the documents; null: none was given.'),
  rank: z.string().describe('Its place in the scope: compared by bytes, ties broken by id.'),
  version: z.int().describe('Counts changes of its text; the ETag of the section.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

export const SECTION_EXAMPLE = {
  id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e02',
  scope_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e01',
  type: 'deliverables',
  title: 'Deliverables',
  content: '- A shop with 200 products\n- A way to pay by card',
  fields: { dates: [], durations: [], money: [] },
  confidence: null,
  citations: null,
  rank: 'a0',
  version: 1,
  created_at: '2026-11-20T08:01:00.000Z',
  updated_at: '2026-11-20T08:01:00.000Z',
} as const;

export function shownSection(row: SectionRow): z.input<typeof section> {
  return {
    id: row.id,
    scope_id: row.scope_id,
    type: row.type,
    title: row.title,
    content: row.content,
    fields: { ...row.fields },
    confidence: row.confidence,
    citations: row.citations === null ? null : row.citations.map((one) => ({ ...one })),
    rank: row.rank,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
