import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { documentOf } from '../document/document.ts';
import { section, source } from '@plinth/testkit/fixtures/documents/export-source';
import { docxOf } from './docx.ts';
import { markdownOf } from './markdown.ts';
import { pdfOf } from './pdf.ts';

const BUDGET = '- Design: EUR 12,000.00\n- Shop: 1.250,50 EUR';

function documentIn(language: string) {
  return documentOf(
    source([section(BUDGET, { type: 'budget' })], { language, version: 1_234, status: 'in_review' }),
  );
}

describe.each([
  ['en', 'en-GB', ['Prepared for', '20 November 2026', '1,234', 'In review', 'Amount']],
  ['en-US', 'en-US', ['Prepared for', 'November 20, 2026', '1,234', 'In review', 'Amount']],
  ['de', 'de-DE', ['Erstellt für', '20. November 2026', '1.234', 'In Prüfung', 'Betrag']],
  ['de-ch', 'de-CH', ['Erstellt für', '20. November 2026', 'In Prüfung', 'Betrag']],
  ['fr', 'fr-FR', ['Préparé pour', '20 novembre 2026', '1\u202F234', 'En relecture', 'Montant']],
  ['es', 'es-ES', ['Preparado para', '20 de noviembre de 2026', '1234', 'En revisión', 'Importe']],
  ['ja', 'en-GB', ['Prepared for', '20 November 2026', '1,234', 'In review', 'Amount']],
] as const)('a workspace set to %s', (language, tag, words) => {
  test('has labels, dates and numbers of its language in Markdown, and amounts as they were written', () => {
    const text = Buffer.from(markdownOf(documentIn(language)).bytes).toString('utf8');
    for (const word of [...words, 'EUR 12,000.00', '1.250,50 EUR']) expect(text).toContain(word);
  });

  test('has them in a DOCX, which names its language', async () => {
    const files = unzipSync((await docxOf(documentIn(language))).bytes);
    const body = strFromU8(files['word/document.xml'] ?? new Uint8Array());
    for (const word of [...words, 'EUR 12,000.00', '1.250,50 EUR']) expect(body).toContain(word);
    expect(strFromU8(files['word/styles.xml'] ?? new Uint8Array())).toContain(`<w:lang w:val="${tag}"`);
  });

  test('has a PDF that names its language', async () => {
    const { bytes } = await pdfOf(documentIn(language));
    expect(Buffer.from(bytes).toString('latin1')).toContain(`/Lang (${tag})`);
  });
});
