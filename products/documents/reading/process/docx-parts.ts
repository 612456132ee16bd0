import { posix } from 'node:path';
import { Parser } from 'htmlparser2';
import type { Zip } from 'plinth/product';
import type { ReadingCaps } from '../caps.ts';
import { Unreadable } from '../failures.ts';

const TYPES = '[Content_Types].xml';
const ALWAYS = /^\[Content_Types\]\.xml$|(?:^|\/)_rels\/[^/]*\.rels$/i;
const MACROS = /(?:^|\/)vbaProject\.bin$/i;
const MACRO_TYPE = /macroEnabled/i;
/** A DOCX has neither; they name files, and multiply themselves. */
const ENTITIES = /<!(?:DOCTYPE|ENTITY)/i;
/** Parts that hold text, or say how text is meant, by the last word of their relationship's type. */
const READ: ReadonlySet<string> = new Set([
  'styles',
  'numbering',
  'footnotes',
  'endnotes',
  'header',
  'footer',
  'diagramData',
]);

interface Relationship {
  readonly id: string;
  /** The last word of its type, which the strict and the transitional form share. */
  readonly kind: string;
  readonly target: string;
}

/** The parts of a DOCX, found by relationships: a part may have any name. */
export interface DocxParts {
  readonly main: string;
  /** The parts of a kind, in the order of their relationships. */
  ofKind(kind: string): readonly string[];
  /** The part that the main part calls by this id. */
  byId(id: string): string | undefined;
}

/** Opens the archive. Throws `Unreadable` for what is no DOCX, and for what is unsafe in one. */
export function docxParts(bytes: Uint8Array, caps: ReadingCaps, zip: Zip): DocxParts {
  const names = zip.namesIn(bytes, caps);
  if (names.some((name) => MACROS.test(name)))
    throw new Unreadable('document_unsafe', 'It holds macros. Save it as DOCX without them.');
  const texts = new Map<string, string>();
  const inflate = (wanted: (name: string) => boolean): void => {
    for (const [name, part] of Object.entries(zip.inflate(bytes, wanted, caps)))
      texts.set(name.toLowerCase(), xmlOf(name, part));
  };
  inflate((name) => ALWAYS.test(name));
  const [main] = relationshipsOf(texts, '').filter(({ kind }) => kind === 'officeDocument');
  const related = main === undefined ? [] : relationshipsOf(texts, main.target);
  const wanted = new Set(related.filter(({ kind }) => READ.has(kind)).map(({ target }) => target));
  if (main !== undefined) wanted.add(main.target);
  inflate((name) => wanted.has(name.toLowerCase()));
  const text = main === undefined ? undefined : texts.get(main.target);
  if (text === undefined) throw new Unreadable('document_unreadable_type', 'It is an archive, and no DOCX.');
  const textsOf = (is: (relationship: Relationship) => boolean) =>
    related.filter(is).flatMap(({ target }) => texts.get(target) ?? []);
  return {
    main: text,
    ofKind: (kind) => textsOf((one) => one.kind === kind),
    byId: (id) => textsOf((one) => one.id === id)[0],
  };
}

/** The relationships of a part, or of the package: targets as the archive names them, in small letters. */
function relationshipsOf(texts: ReadonlyMap<string, string>, part: string): Relationship[] {
  const folder = posix.dirname(part);
  const file = posix.join(folder, '_rels', `${posix.basename(part)}.rels`);
  const found: Relationship[] = [];
  const parser = new Parser(
    {
      onopentag(name, { Id: id = '', Type: type = '', Target: target = '', TargetMode: mode }) {
        if (!/(?:^|:)Relationship$/.test(name) || mode === 'External') return;
        const path = posix.normalize(target.startsWith('/') ? target : `/${folder}/${target}`);
        found.push({
          id,
          kind: type.slice(type.lastIndexOf('/') + 1),
          target: decoded(path).slice(1).toLowerCase(),
        });
      },
    },
    { xmlMode: true },
  );
  parser.end(texts.get(file.toLowerCase()) ?? '');
  return found;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A part of a ZIP may be bytes of any kind. */
function xmlOf(name: string, part: Uint8Array): string {
  const text = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString();
  // UTF-16 would hide them, and no program writes it.
  if (text.includes('\0')) throw new Unreadable('document_damaged', 'A part of it is no text.');
  if (ENTITIES.test(text)) throw new Unreadable('document_unsafe', 'It declares entities.');
  if (name === TYPES && MACRO_TYPE.test(text))
    throw new Unreadable('document_unsafe', 'It is a document for macros. Save it as DOCX.');
  return text;
}
