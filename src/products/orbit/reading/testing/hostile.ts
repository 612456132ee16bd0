import { deflateSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';

/** An object of a PDF: what stands in it, or a stream of such bytes. */
type PdfObject = string | { readonly dictionary: string; readonly stream: Buffer };

/** A PDF of these objects, numbered from 1; the first is its catalogue. */
export function pdfOf(objects: readonly PdfObject[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  const places: number[] = [];
  let at = parts[0]?.length ?? 0;
  const push = (part: Buffer) => {
    parts.push(part);
    at += part.length;
  };
  for (const [n, object] of objects.entries()) {
    places.push(at);
    push(Buffer.from(`${n + 1} 0 obj\n`));
    if (typeof object === 'string') push(Buffer.from(object));
    else {
      push(Buffer.from(`<< ${object.dictionary} /Length ${object.stream.length} >>\nstream\n`));
      push(object.stream);
      push(Buffer.from('\nendstream'));
    }
    push(Buffer.from('\nendobj\n'));
  }
  const entries = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  push(
    Buffer.from(
      `xref\n0 ${size}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

/** A PDF of one page that shows this stream, with a font of Helvetica and whatever else. */
export function pageOf(
  stream: Extract<PdfObject, object>,
  more: readonly PdfObject[] = [],
  font = HELVETICA,
): Buffer {
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    stream,
    font,
    ...more,
  ]);
}

const HELVETICA = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>';

/** A page that says this, in letters of 12 points. */
export const saying = (text: string) => ({
  dictionary: '',
  stream: Buffer.from(`BT /F1 12 Tf 72 700 Td (${text}) Tj ET`),
});

/** A PDF of so many pages, which all are one. */
export function manyPages(count: number): Buffer {
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${'3 0 R '.repeat(count)}] /Count ${count} >>`,
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>',
  ]);
}

/** A stream of so many MiB, of which hardly anything is sent. */
export function bomb(megabytes: number, dictionary = ''): Extract<PdfObject, object> {
  const piece = Buffer.alloc(megabytes * 1_048_576, ' ');
  return { dictionary: `${dictionary} /Filter /FlateDecode`, stream: deflateSync(piece, { level: 1 }) };
}

/** A PDF of some hundred bytes whose page writes a letter so many times: each thousand takes a reader some 30 ms. */
export function unfolding(letters: number): Buffer {
  const written = Buffer.from('BT /F1 12 Tf 1 0 0 1 72 700 Tm (a) Tj ET\n'.repeat(letters));
  const stream = deflateSync(deflateSync(written, { level: 9 }), { level: 9 });
  return pageOf({ dictionary: '/Filter [/FlateDecode /FlateDecode]', stream });
}

const TYPES = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`;
const RELS = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`;

/** A DOCX with this body, and whatever other parts. */
export function docxOf(body: string, more: Readonly<Record<string, Uint8Array>> = {}, head = ''): Buffer {
  const document = `<?xml version="1.0"?>${head}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`;
  return Buffer.from(
    zipSync({
      '[Content_Types].xml': strToU8(TYPES),
      '_rels/.rels': strToU8(RELS),
      'word/document.xml': strToU8(document),
      ...more,
    }),
  );
}

export const paragraph = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`;

/** The same archive, of which this entry says that it is this long. */
export function lying(archive: Buffer, name: string, length: number): Buffer {
  const lie = Buffer.from(archive);
  const LOCAL = { mark: Buffer.from('PK\x03\x04', 'latin1'), size: 22, name: 30 };
  const CENTRAL = { mark: Buffer.from('PK\x01\x02', 'latin1'), size: 24, name: 46 };
  for (const header of [LOCAL, CENTRAL]) {
    for (let at = lie.indexOf(header.mark); at >= 0; at = lie.indexOf(header.mark, at + 1)) {
      const begins = at + header.name;
      if (lie.subarray(begins, begins + name.length).toString('latin1') === name)
        lie.writeUInt32LE(length, at + header.size);
    }
  }
  return lie;
}
