import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { MEDIA_TYPES, READ_FAILURES } from '@plinth/documents';
import {
  DOCUMENT_STATUSES,
  type DocumentRow,
  MISSING_REASONS,
  type MissingReason,
  type PageRow,
} from './document.ts';

const describeCodes = (words: Readonly<Record<string, string>>) =>
  Object.entries(words)
    .map(([code, meaning]) => `\`${code}\`: ${meaning}`)
    .join('; ');
const reasons = Object.keys(MISSING_REASONS) as [MissingReason, ...MissingReason[]];

const failure = namedObject('DocumentFailure', {
  code: z.string(),
  message: z.string(),
  detail: z.string(),
})
  .nullable()
  .describe('Why it could not be read; `code` is stable (docs/orbit.md).');

const state = {
  id: z.uuid(),
  status: z
    .enum(DOCUMENT_STATUSES)
    .describe('`pending` until a worker begins to read it; `uploaded_at` says whether its file is there.'),
  failure,
  pages: z.int().nullable().describe('null until it is read.'),
  ocr_pages: z.int().describe('How many of them OCR has read.'),
  ocr_pages_left: z.int().describe('How many of them OCR is reading now.'),
  missing: z
    .array(namedObject('MissingPage', { page: z.int(), reason: z.enum(reasons) }))
    .describe(
      `Pages whose text is not there, and what is not read on others. ${describeCodes(MISSING_REASONS)}.`,
    ),
  updated_at: z.iso.datetime(),
};

/** How far a document is. */
export const documentState = namedObject('DocumentStatus', state);

/** A document as it is answered. */
export const document = namedObject('Document', {
  ...state,
  scope_id: z.uuid().nullable(),
  project_id: z.uuid().nullable(),
  name: z.string(),
  type: z.enum(MEDIA_TYPES),
  bytes: z.int(),
  sha256: z.string(),
  uploaded_at: z.iso.datetime().nullable(),
  has_file: z.boolean().describe('Whether there is a file to download.'),
  created_by: z.uuid(),
  created_at: z.iso.datetime(),
});

/** A page's text. */
export const documentPage = namedObject('DocumentText', {
  page: z.int(),
  text: z.string().describe('Markdown: headings and tables where the file has them.'),
  by_ocr: z.boolean(),
  confidence: z
    .number()
    .describe(
      'How surely the page was read, 0 to 1. Look at pages below 0.6: a bad scan, or a text that is garbled.',
    ),
});

export function shownState(row: DocumentRow): z.input<typeof documentState> {
  const { failure: failed } = row;
  return {
    id: row.id,
    status: row.status,
    failure: failed === null ? null : { ...failed, message: messageOf(failed.code) },
    pages: row.pages,
    ocr_pages: row.ocr_pages,
    ocr_pages_left: row.ocr_left.length,
    missing: row.missing.map(({ page, reason }) => ({ page, reason })),
    updated_at: row.updated_at.toISOString(),
  };
}

function messageOf(code: string): string {
  const known: Readonly<Record<string, string>> = READ_FAILURES;
  return known[code] ?? READ_FAILURES.document_reading_failed;
}

export function shownDocument(row: DocumentRow): z.input<typeof document> {
  return {
    ...shownState(row),
    scope_id: row.scope_id,
    project_id: row.project_id,
    name: row.name,
    type: row.type,
    bytes: row.bytes,
    sha256: row.sha256,
    uploaded_at: row.uploaded_at?.toISOString() ?? null,
    has_file: row.uploaded_at !== null && row.blob_id !== null,
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
  };
}

export const shownPage = ({ page, text, by_ocr, confidence }: PageRow): z.input<typeof documentPage> => ({
  page,
  text,
  by_ocr,
  confidence,
});
