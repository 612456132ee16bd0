/** `@plinth/documents`: what products read files with, find in texts, and make files by. */
import './errors.ts';

export { DOCUMENT_PACKAGES, packagesOf } from './packages.ts';

export { READING_CAPS } from './reading/caps.ts';
export { READ_FAILURES, type ReadFailure } from './reading/failures.ts';
export { DOCUMENT_TYPES, type DocumentType, MEDIA_TYPES, type MediaType } from './reading/formats.ts';
export { GAPS } from './reading/gaps.ts';
export { createReader, type PageLine, type Reader, type ReadingEnd } from './reading/reader.ts';

export { type Fields, fieldsIn } from './fields/fields.ts';
export { moneyIn, sentencesOf } from './fields/money.ts';
export { tableAsMarkdown, tableIn, type TableRows, withoutBars } from './fields/table-rows.ts';

export { assertSize } from './exports/document/document.ts';
export { TooLarge } from './exports/document/limits.ts';
export type { Branding, Logo, MissingContent } from './exports/document/model.ts';
export type { ExportSource, SourceSection } from './exports/document/source.ts';
export { fitLine } from './exports/document/text.ts';
export { languageOf } from './exports/document/words.ts';
export { type Format, FORMATS } from './exports/making/file.ts';
export { createFileMaker, type FileMaker, tooLarge } from './exports/making/file-maker.ts';
