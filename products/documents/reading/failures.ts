/** Why a file could not be read: stable codes, and what a user is told. */
export const READ_FAILURES = {
  document_too_large: 'The file, or an image in it, is larger than can be read.',
  document_too_many_pages: 'The document has more pages than can be read.',
  document_too_long: 'The document holds more text than can be read.',
  document_encrypted: 'The document is protected by a password. Upload it without one.',
  document_damaged: 'The file is damaged, or is not what its beginning says. Save it anew, and upload that.',
  document_unsafe:
    'The document holds what is not opened here: macros, or entities from elsewhere. Save it without.',
  document_unreadable_type:
    'Files of this type are not read. PDF, DOCX, Markdown, text, HTML, PNG and JPEG are.',
  document_type_mismatch: 'The file is of another type than was declared for it.',
  document_took_too_long: 'Reading the document took longer than any document may take.',
  document_took_too_much_memory: 'Reading the document took more memory than any document may take.',
  document_infected: 'The virus scanner found something in the file. Its bytes were deleted.',
  document_not_scanned: 'The virus scanner could not look at the file, so it was not read.',
  document_ocr_exhausted:
    'The document has no text but what is in its images, and the plan’s pages of OCR are used up for this month.',
  document_reading_failed: 'The document could not be read, for a reason on our side. Upload it again.',
} as const;

export type ReadFailureCode = keyof typeof READ_FAILURES;

/** A reason that a file can't be read, with what was found: never a text of the document. */
export interface ReadFailure {
  readonly code: ReadFailureCode;
  readonly detail: string;
}

/** Thrown where a reader finds out why; the process that reads answers it. */
export class Unreadable extends Error {
  readonly code: ReadFailureCode;

  constructor(code: ReadFailureCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
