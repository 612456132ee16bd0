import { Unreadable } from '../failures.ts';
import type { DocumentType } from '../formats.ts';
import { decodeText, isReadableText } from './plain-text.ts';

/** Beginnings of files, where they alone say what a file is. */
const MAGIC: readonly (readonly [readonly number[], Binary])[] = [
  [[0x25, 0x50, 0x44, 0x46, 0x2d], 'pdf'],
  [[0x50, 0x4b, 0x03, 0x04], 'zip'],
  [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 'png'],
  [[0xff, 0xd8, 0xff], 'jpeg'],
  [[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], 'ole'],
];

type Binary = 'pdf' | 'zip' | 'png' | 'jpeg' | 'ole';

/** How far into a file the header of a PDF may stand, by its specification. */
const PDF_HEADER = 1_024;
/** The name of the stream that holds an encrypted DOCX, in UTF-16, as a compound file lists it. */
const ENCRYPTED_PACKAGE = Buffer.from('EncryptedPackage', 'utf16le');

const BINARY: Partial<Record<Binary, DocumentType>> = { pdf: 'pdf', zip: 'docx', png: 'png', jpeg: 'jpeg' };

/**
 * Type of a file by its content; its name is not asked. Text has no mark of its own: which kind it is, the declaration says.
 * Throws for what is not read, and for what is something else than was declared.
 */
export function recognize(bytes: Buffer, declared: DocumentType): DocumentType {
  if (bytes.length === 0) throw new Unreadable('document_damaged', 'The file is empty.');
  const binary = binaryType(bytes);
  if (binary === 'ole') throw ole(bytes);
  const found = binary === undefined ? textType(bytes, declared) : BINARY[binary];
  if (found === undefined) throw new Unreadable('document_unreadable_type', 'It is no document of ours.');
  if (found !== declared)
    throw new Unreadable('document_type_mismatch', `It was declared as ${declared}, and is ${found}.`);
  return found;
}

function binaryType(bytes: Buffer): Binary | undefined {
  const marked = MAGIC.find(([magic]) => magic.every((byte, at) => bytes[at] === byte));
  if (marked !== undefined) return marked[1];
  // Some programs write a few bytes before it; programs differ in what they open such a text as.
  const at = bytes.subarray(0, PDF_HEADER).indexOf('%PDF-');
  return at > 0 ? 'pdf' : undefined;
}

function ole(bytes: Buffer): Unreadable {
  return bytes.includes(ENCRYPTED_PACKAGE)
    ? new Unreadable('document_encrypted', 'It is an Office document with a password.')
    : new Unreadable(
        'document_unreadable_type',
        'It is a document of Office 2003 or before. Save it as DOCX.',
      );
}

const TEXTS: ReadonlySet<DocumentType> = new Set(['text', 'markdown', 'html']);
/** Beginning of an SVG, or other XML. XHTML begins so too. */
const XML = /^<(?:\?xml|!DOCTYPE\s+svg|svg)\b/i;
const HTML = /^<(?:!DOCTYPE\s+html|html|head|body)\b/i;
const XHTML = /<html\b/i;
/** How much of a text says which kind of markup it is. */
const OPENING = 4_096;

function textType(bytes: Buffer, declared: DocumentType): DocumentType | undefined {
  if (!isReadableText(bytes)) return undefined;
  const start = firstMarkup(decodeText(bytes.subarray(0, OPENING)));
  if (XML.test(start) && !XHTML.test(start))
    throw new Unreadable('document_unreadable_type', 'It is SVG or another kind of XML.');
  if (HTML.test(start)) return 'html';
  return TEXTS.has(declared) ? declared : 'text';
}

/** A text from its first markup on, behind spaces and comments. */
function firstMarkup(text: string): string {
  let rest = text.replace(/^\uFEFF/, '').trimStart();
  while (rest.startsWith('<!--')) {
    const end = rest.indexOf('-->');
    if (end < 0) return '';
    rest = rest.slice(end + 3).trimStart();
  }
  return rest;
}
