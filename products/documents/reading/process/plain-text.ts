import { Unreadable } from '../failures.ts';

const UTF16 = { little: [0xff, 0xfe], big: [0xfe, 0xff] } as const;
/** How much of a file says whether it is text. */
const SAMPLE = 65_536;
/** The longest part of a text without pages that is kept as one page. */
const LONGEST_PART = 20_000;

const startsWith = (bytes: Buffer, mark: readonly number[]) => mark.every((byte, at) => bytes[at] === byte);

/** Whether these bytes are text: of control characters, those that texts have. */
export function isReadableText(bytes: Buffer): boolean {
  if (startsWith(bytes, UTF16.little) || startsWith(bytes, UTF16.big)) return bytes.length % 2 === 0;
  let strange = 0;
  const sample = bytes.subarray(0, SAMPLE);
  for (const byte of sample) {
    if (byte === 0) return false;
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27) strange += 1;
  }
  return strange * 100 <= sample.length;
}

/** A text in UTF-8, in UTF-16 with its mark, or else in Windows-1252. */
export function decodeText(bytes: Buffer): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes).replace(/\r\n?/g, '\n');
}

function encodingOf(bytes: Buffer): string {
  if (startsWith(bytes, UTF16.little)) return 'utf-16le';
  if (startsWith(bytes, UTF16.big)) return 'utf-16be';
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252';
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The pages of a text: where it has form feeds, and parts of a length that can be worked with where it has none. */
export function pagesOf(
  text: string,
  caps: { readonly pages: number; readonly characters: number },
): string[] {
  if (text.length > caps.characters)
    throw new Unreadable('document_too_long', `It has more than ${caps.characters} characters.`);
  const pages = text.split('\f').flatMap(parts);
  while (pages.length > 1 && pages.at(-1)?.trim() === '') pages.pop();
  if (pages.length > caps.pages)
    throw new Unreadable('document_too_many_pages', `It has more than ${caps.pages} pages.`);
  return pages;
}

/** Cut at an empty line, else at a line's end, else where it must be. */
function parts(text: string): string[] {
  const found: string[] = [];
  let from = 0;
  while (text.length - from > LONGEST_PART) {
    const window = text.slice(from, from + LONGEST_PART);
    const at = [window.lastIndexOf('\n\n'), window.lastIndexOf('\n')].find((end) => end > LONGEST_PART / 2);
    const length = at === undefined ? LONGEST_PART : at + 1;
    found.push(text.slice(from, from + length));
    from += length;
  }
  return [...found, text.slice(from)];
}
