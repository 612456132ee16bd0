import { declareErrors, type JobId } from 'plinth/product';
import { GAPS, type MediaType } from '@plinth/documents';

declareErrors({
  document_not_found: { status: 404, message: 'There is no such document.' },
  document_not_ready: {
    status: 409,
    message: 'The document is not read yet, or could not be read; `status` says which.',
  },
  document_not_uploaded: {
    status: 409,
    message: 'The document has no file yet. Send it, and complete the upload.',
  },
});

export const DOCUMENT_STATUSES = ['pending', 'processing', 'completed', 'failed'] as const;
export type DocumentStatus = (typeof DOCUMENT_STATUSES)[number];

/** Why the text of a page is not there, or what on it is not read. */
export const MISSING_REASONS = {
  page_damaged: 'the page is broken',
  ocr_pages_used_up: 'the plan’s pages of OCR are used up for this month',
  ocr_page_limit: 'OCR reads no more pages of one document',
  ocr_failed: 'OCR could not read the page',
  ...GAPS,
} as const;
export type MissingReason = keyof typeof MISSING_REASONS;

export interface MissingPage {
  readonly page: number;
  readonly reason: MissingReason;
}

export interface DocumentRow {
  readonly id: string;
  readonly project_id: string | null;
  readonly scope_id: string | null;
  readonly blob_id: string | null;
  readonly name: string;
  readonly type: MediaType;
  readonly bytes: number;
  readonly sha256: string;
  readonly status: DocumentStatus;
  readonly uploaded_at: Date | null;
  readonly failure: { readonly code: string; readonly detail: string } | null;
  readonly pages: number | null;
  readonly ocr_pages: number;
  readonly ocr_left: readonly number[];
  readonly missing: readonly MissingPage[];
  readonly job_id: JobId | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface PageRow {
  readonly page: number;
  readonly text: string;
  readonly by_ocr: boolean;
  /** How surely it was read, 0 to 1. */
  readonly confidence: number;
}
