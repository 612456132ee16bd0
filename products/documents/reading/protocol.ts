import { z } from 'zod';
import type { ReadingCaps } from './caps.ts';
import { GAP_KINDS } from './gaps.ts';
import { READ_FAILURES, type ReadFailureCode } from './failures.ts';
import type { DocumentType } from './formats.ts';

/** Task of a reader process. */
export interface ReadingTask {
  readonly declared: DocumentType;
  readonly caps: ReadingCaps;
  /** The pages to read by OCR; undefined: the document is read without it, and pages that need it are named. */
  readonly ocr?: { readonly pages: readonly number[] };
}

const count = z.int().min(0);
const codes = Object.keys(READ_FAILURES) as [ReadFailureCode, ...ReadFailureCode[]];

/**
 * Answers of a reader process, a line of JSON each. It has read a hostile file, so that nothing of it is believed: the
 * lines are checked as input is.
 */
export const readingLine = z.discriminatedUnion('kind', [
  /** A page's text. */
  z.strictObject({
    kind: z.literal('page'),
    page: count.min(1),
    text: z.string(),
    /** For OCR: how surely it read the page, 0 to 1. 1 when not said. */
    confidence: z.number().min(0).max(1).optional(),
  }),
  /** A page that is an image: OCR alone can read it. */
  z.strictObject({ kind: z.literal('scanned'), page: count.min(1) }),
  /** A page that is broken. */
  z.strictObject({ kind: z.literal('unread'), page: count.min(1) }),
  /** Something on a page is not read; the page is told by itself. */
  z.strictObject({ kind: z.literal('gap'), page: count.min(1), gap: z.enum(GAP_KINDS) }),
  /** All pages were told. */
  z.strictObject({ kind: z.literal('read'), pages: count }),
  z.strictObject({ kind: z.literal('failed'), code: z.enum(codes), detail: z.string().max(500) }),
]);

export type ReadingLine = z.infer<typeof readingLine>;
