import { namedObject, signedLink, WORK_STATUSES } from 'plinth/product';
import { z } from 'zod';
import { FORMATS } from '@plinth/documents';
import type { ExportRow } from './store.ts';

const missing = namedObject('MissingFromExport', {
  what: z
    .enum(['script', 'font', 'logo'])
    .describe(
      '`script`: characters that the PDF has no font for; it names their script in brackets. `font`: characters that the DOCX holds, and whose font is left to the program that opens it. `logo`: the logo could not be read.',
    ),
  name: z.string().describe('The script: `Hangul`.'),
  characters: z.int(),
});

/** An export as it is answered. */
export const exported = namedObject('ScopeExport', {
  id: z.uuid(),
  scope_id: z.uuid(),
  scope_version: z.int().describe('The version that the file shows.'),
  format: z.enum(FORMATS),
  citations: z.boolean(),
  status: z.enum(WORK_STATUSES),
  error: namedObject('ExportError', { code: z.string(), message: z.string() }).nullable(),
  bytes: z.int().nullable(),
  missing: z.array(missing).describe('What the file could not show.'),
  expires_at: z.iso.datetime().describe('When the file is deleted, unless somebody asks for it again.'),
  created_at: z.iso.datetime(),
});

/** The same with a link. */
export const linkedExport = namedObject('ScopeExportFile', {
  ...exported.shape,
  download: signedLink.nullable(),
});

export function shownExport(row: ExportRow): z.infer<typeof exported> {
  return {
    id: row.id,
    scope_id: row.scope_id,
    scope_version: row.scope_version,
    format: row.format,
    citations: row.citations,
    status: row.status,
    error: row.failure,
    bytes: row.bytes,
    missing: [...row.missing],
    expires_at: row.expires_at.toISOString(),
    created_at: row.created_at.toISOString(),
  };
}
