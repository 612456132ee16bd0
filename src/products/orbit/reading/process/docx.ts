import type { Zip } from '#platform/files';
import type { ReadingCaps } from '../caps.ts';
import { Unreadable } from '../failures.ts';
import { htmlToMarkdown, PAGE_BREAK } from './html.ts';
import { pagesOf } from './plain-text.ts';

/** What of a DOCX is text, or says how text is meant. Pictures are not. */
const PARTS = /^(?:\[Content_Types\]\.xml|_rels\/\.rels|word\/(?:_rels\/)?[^/]+\.(?:xml|rels))$/;
const DOCUMENT = 'word/document.xml';
const MACROS = /(?:^|\/)vbaProject\.bin$/i;
const MACRO_TYPE = /macroEnabled/i;
/** A DOCX has neither; they name files, and multiply themselves. */
const ENTITIES = /<!(?:DOCTYPE|ENTITY)/i;
/** Where a new page began when the document was last laid out. */
const LAID_OUT = /<w:lastRenderedPageBreak\s*\/>/g;
/** What a paragraph says of itself, and whether that is to begin a page. */
const PARAGRAPH = /<w:pPr>([^]*?)<\/w:pPr>/g;
const BEGINS_PAGE = /<w:pageBreakBefore(?:\s+w:val="(?:1|true|on)")?\s*\/>/;
/** A second line through a text strikes it as the first does; mammoth knows one alone. */
const STRUCK_TWICE = /<w:dstrike(?=[\s/>])/g;
const BREAK = '<w:br w:type="page"/>';

/** The pages of a DOCX, as Markdown. */
export async function readDocx(bytes: Uint8Array, caps: ReadingCaps, zip: Zip): Promise<string[]> {
  const names = zip.namesIn(bytes, caps);
  if (!names.includes(DOCUMENT))
    throw new Unreadable('document_unreadable_type', 'It is an archive, and no DOCX.');
  if (names.some((name) => MACROS.test(name)))
    throw new Unreadable('document_unsafe', 'It holds macros. Save it as DOCX without them.');
  const parts = zip.inflate(bytes, (name) => PARTS.test(name), caps);
  const cleaned = Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, name === DOCUMENT ? markPageBreaks(part) : part]),
  );
  for (const [name, part] of Object.entries(cleaned)) assertPlain(name, part);
  const html = await asHtml(zip.repack(cleaned));
  // Two breaks with nothing between them are one: Word writes down its own break behind its author's.
  return pagesOf(htmlToMarkdown(html).replace(/\f\s*\f/g, '\f'), caps);
}

/** What a ZIP gave may be bytes of any kind. */
function assertPlain(name: string, part: Uint8Array): void {
  const text = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('latin1');
  // UTF-16 would hide them, and no program writes it.
  if (text.includes('\0')) throw new Unreadable('document_damaged', 'A part of it is no text.');
  if (ENTITIES.test(text)) throw new Unreadable('document_unsafe', 'It declares entities.');
  if (name === '[Content_Types].xml' && MACRO_TYPE.test(text))
    throw new Unreadable('document_unsafe', 'It is a document for macros. Save it as DOCX.');
}

/** Mammoth knows breaks that an author typed; the others are made to such ones. */
function markPageBreaks(part: Uint8Array): Uint8Array {
  const text = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString();
  return Buffer.from(
    text
      .replace(LAID_OUT, BREAK)
      .replace(STRUCK_TWICE, '<w:strike')
      .replace(PARAGRAPH, (whole, said: string) =>
        BEGINS_PAGE.test(said) && !said.includes('<w:pPrChange') ? `${whole}<w:r>${BREAK}</w:r>` : whole,
      ),
  );
}

async function asHtml(file: Uint8Array): Promise<string> {
  const { default: mammoth } = await import('mammoth');
  try {
    const { value } = await mammoth.convertToHtml(
      { buffer: Buffer.from(file) },
      {
        styleMap: [`br[type='page'] => ${PAGE_BREAK.element}.${PAGE_BREAK.class}`],
        externalFileAccess: false,
        convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
      },
    );
    return value;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new Unreadable('document_damaged', 'Its text can’t be read.');
  }
}
