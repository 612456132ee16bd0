import type { Zip } from 'plinth/product';
import type { ReadingCaps } from '../caps.ts';
import { Unreadable } from '../failures.ts';
import { docxParts, type DocxParts } from './docx-parts.ts';
import { type DocxText, plainDocx } from './docx-text.ts';
import { withoutMarks } from './gap-marks.ts';
import { htmlToMarkdown, PAGE_BREAK } from './html.ts';
import { pagesOf } from './plain-text.ts';

const TYPES =
  '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>';

/** The pages of a DOCX, as Markdown, with marks of what is not read. */
export async function readDocx(bytes: Uint8Array, caps: ReadingCaps, zip: Zip): Promise<string[]> {
  const parts = docxParts(bytes, caps, zip);
  const html = await asHtml(zip.repack(plainPackage(parts)));
  // Two breaks with nothing between them are one: Word writes down its own break behind its author's.
  return pagesOf(htmlToMarkdown(html).replace(/\f\s*\f/g, '\f'), caps);
}

/** A package that mammoth reads whole: parts lie where it looks without relationships, and hold elements that it knows. */
function plainPackage(parts: DocxParts): Record<string, Uint8Array> {
  const read = (xml: string): DocxText =>
    plainDocx(xml, (id) => plainDocx(parts.byId(id) ?? '', () => '').xml);
  const main = read(parts.main);
  if (!main.isDocument) throw new Unreadable('document_unreadable_type', 'It is an archive, and no DOCX.');
  // Each once, however many sections have it; a number of a page alone says nothing, and pictures are those of a letterhead.
  const around = (kind: string) =>
    [...new Set(parts.ofKind(kind).map((xml) => withoutMarks(read(xml).xml)))]
      .filter((xml) => /\p{L}/u.test(xml.replace(/<[^>]*>/g, '')))
      .join('');
  const notes = (kind: string) =>
    wordXml(
      `<w:${kind}>${parts
        .ofKind(kind)
        .map((xml) => read(xml).xml)
        .join('')}</w:${kind}>`,
    );
  const files: Record<string, string | undefined> = {
    '[Content_Types].xml': TYPES,
    'word/document.xml': wordXml(
      `<w:document><w:body>${around('header')}${main.xml}${around('footer')}</w:body></w:document>`,
    ),
    'word/styles.xml': parts.ofKind('styles')[0],
    'word/numbering.xml': parts.ofKind('numbering')[0],
    'word/footnotes.xml': notes('footnotes'),
    'word/endnotes.xml': notes('endnotes'),
  };
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, xml]) => (xml === undefined ? [] : [[name, Buffer.from(xml)]])),
  );
}

const wordXml = (xml: string) =>
  xml.replace('>', ' xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">');

async function asHtml(file: Uint8Array): Promise<string> {
  const { default: mammoth } = await import('mammoth');
  try {
    const { value } = await mammoth.convertToHtml(
      { buffer: Buffer.from(file) },
      {
        styleMap: [`br[type='page'] => ${PAGE_BREAK.element}.${PAGE_BREAK.class}`],
        externalFileAccess: false,
      },
    );
    return value;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new Unreadable('document_damaged', 'Its text can’t be read.');
  }
}
