import { documentOf } from '../document/document.ts';
import type { MadeFile } from '../document/model.ts';
import type { ExportSource } from '../document/source.ts';

/** Formats that a scope can be exported as. */
export const FORMATS = ['pdf', 'docx', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

/** Makes the file of a scope. Each format is loaded when it is first asked for. Throws `TooLarge`. */
export async function fileOf(format: Format, source: ExportSource): Promise<MadeFile> {
  const document = documentOf(source);
  switch (format) {
    case 'pdf':
      return (await import('../formats/pdf.ts')).pdfOf(document);
    case 'docx':
      return (await import('../formats/docx.ts')).docxOf(document);
    case 'markdown':
      return (await import('../formats/markdown.ts')).markdownOf(document);
  }
}
