import { createRequire } from 'node:module';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createCanvas, GlobalFonts, loadImage } from '@napi-rs/canvas';
import { strToU8, unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { READING_CAPS } from './caps.ts';
import { createReader, type PageLine, type Reader, type ReadingEnd } from './reader.ts';
import {
  bomb,
  docxOf,
  lyingArchive,
  manyPages,
  pageOf,
  paragraph,
  pageSaying,
  unfoldingPdf,
} from '@plinth/testkit/fixtures/documents/hostile-documents';
import { unlisted, zipOf } from '@plinth/testkit/fixtures/marketplace/packages';
import type { DocumentType } from './formats.ts';

const fileOf = (name: string) => readFileSync(new URL(`../test/files/${name}`, import.meta.url));

interface ReadResult {
  readonly end: ReadingEnd;
  readonly lines: readonly PageLine[];
  readonly texts: readonly string[];
}

async function read(
  bytes: Buffer,
  declared: DocumentType,
  { reader = createReader(), ocrPages }: { reader?: Reader; ocrPages?: readonly number[] } = {},
): Promise<ReadResult> {
  const lines: PageLine[] = [];
  const end = await reader.read({
    declared,
    bytes: bytes.length,
    open: () => Promise.resolve(Readable.from([bytes])),
    signal: new AbortController().signal,
    take: (line) => void lines.push(line),
    ...(ocrPages === undefined ? {} : { ocrPages }),
  });
  const texts = lines.flatMap((line) => (line.kind === 'page' ? [line.text] : []));
  return { end, lines, texts };
}

const refusal = async (...of: Parameters<typeof read>) => {
  const { end } = await read(...of);
  return end.kind === 'failed' ? end.code : end;
};

const cell = (said: string, properties = '') =>
  `<w:tc><w:tcPr>${properties}</w:tcPr>${paragraph(said)}</w:tc>`;
const strikeThrough = (by: string) => `<w:p><w:r><w:rPr><w:${by}/></w:rPr><w:t>EUR 500</w:t></w:r></w:p>`;

const surenessOf = ([line]: readonly PageLine[]) => (line?.kind === 'page' ? line.confidence : undefined);

/** A picture upside down. */
async function rotateUpsideDown(picture: Buffer): Promise<Buffer> {
  const image = await loadImage(picture);
  const canvas = createCanvas(image.width, image.height);
  const drawing = canvas.getContext('2d');
  drawing.translate(image.width, image.height);
  drawing.rotate(Math.PI);
  drawing.drawImage(image, 0, 0);
  return canvas.encode('png');
}

describe('a file that another program made', () => {
  test('is read page by page: a PDF of LibreOffice, with its headings', async () => {
    const { end, texts } = await read(fileOf('brief.pdf'), 'pdf');
    expect(end).toEqual({ kind: 'read', pages: 2 });
    expect(texts[0]).toMatch(/^# Brief for a new tea shop\n\nMüller & Söhne sells tea/);
    expect(texts[0]).toContain('## Deliverables');
    expect(texts[0]).toMatch(/Checkout 15 April 2027 EUR 18,500/);
    expect(texts[1]).toMatch(/^# Timeline\n\nWork begins on 4 January 2027/);
  });

  test('is read page by page: a DOCX of LibreOffice, with its list and its table', async () => {
    const { end, texts } = await read(fileOf('brief.docx'), 'docx');
    expect(end).toEqual({ kind: 'read', pages: 2 });
    expect(texts[0]).toMatch(/^# Brief for a new tea shop\n\nMüller & Söhne/);
    expect(texts[0]).toContain(
      '- A shop with a catalogue of 240 teas\n- Payment by card and by invoice, net 30\n',
    );
    expect(texts[0]).toContain(
      '| Part | Due | Price |\n| --- | --- | --- |\n| Catalogue | 1 March 2027 | EUR 12,000 |',
    );
    expect(texts[1]).toMatch(/^# Timeline\n/);
  });

  test('keeps its columns where cells of a DOCX are merged, and marks what is struck through there', async () => {
    const rows = [
      [cell('Part', '<w:vMerge w:val="restart"/>'), cell('Price', '<w:gridSpan w:val="2"/>'), cell('Due')],
      [cell('', '<w:vMerge/>'), cell('Net'), cell('Gross'), cell('Day')],
      [cell('Shop'), cell('5'), cell('6'), cell('May')],
    ];
    const table = `<w:tbl>${rows.map((row) => `<w:tr>${row.join('')}</w:tr>`).join('')}</w:tbl>`;
    const { texts } = await read(
      docxOf(`${table}${strikeThrough('strike')}${strikeThrough('dstrike')}`),
      'docx',
    );
    expect(texts[0]).toBe(
      [
        '| Part | Price |  | Due |\n| --- | --- | --- | --- |\n|  | Net | Gross | Day |\n| Shop | 5 | 6 | May |',
        '~~EUR 500~~',
        '~~EUR 500~~',
      ].join('\n\n'),
    );
  });

  test.each([
    ['German', 'Für die Übergabe müssen größere Änderungen bestätigt werden.'],
    ['French', 'Les équipes livrent après réception du premier versement.'],
    ['Spanish', 'El diseño incluirá cuatro páginas según la descripción.'],
  ])('in %s is read by OCR, with its letters', async (_, sentence) => {
    const font = createRequire(import.meta.url).resolve(
      '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
    );
    GlobalFonts.registerFromPath(font, 'Inter');
    const canvas = createCanvas(1_100, 200);
    const page = canvas.getContext('2d');
    page.fillStyle = 'white';
    page.fillRect(0, 0, 1_100, 200);
    page.fillStyle = 'black';
    page.font = '32px Inter';
    page.fillText(sentence, 40, 100);
    const { texts } = await read(canvas.toBuffer('image/png'), 'png', { ocrPages: [1] });
    expect(texts.join(' ')).toContain(sentence);
  });

  test('is named as scanned where its page is a picture, and read by OCR then', async () => {
    const scanned = fileOf('scanned.pdf');
    expect((await read(scanned, 'pdf')).lines).toEqual([{ kind: 'scanned', page: 1 }]);
    const { end, texts } = await read(scanned, 'pdf', { ocrPages: [1] });
    expect(end.kind).toBe('read');
    expect(texts[0]).toContain('Payment by card and by invoice, net 30');
    expect(texts[0]).toContain('15 April 2027 EUR 18,500');
  });

  test('says how surely it was read: a scan upright, upside down, and a text whose signs nobody writes with', async () => {
    const { lines } = await read(fileOf('note.png'), 'png', { ocrPages: [1] });
    expect(surenessOf(lines)).toBeGreaterThan(0.8);
    const { lines: garbled } = await read(await rotateUpsideDown(fileOf('note.png')), 'png', {
      ocrPages: [1],
    });
    expect(surenessOf(garbled)).toBeLessThan(0.6);
    expect(surenessOf((await read(Buffer.from('Net 30.'), 'text')).lines)).toBe(1);
    expect(surenessOf((await read(Buffer.from('\uE001\uE002 \uE003 30'), 'text')).lines)).toBe(0.3);
  });

  test('is not read with a password on it', async () => {
    expect(await refusal(fileOf('locked.pdf'), 'pdf')).toBe('document_encrypted');
    const locked = Buffer.concat([
      Buffer.from('d0cf11e0a1b11ae1', 'hex'),
      Buffer.from('EncryptedPackage', 'utf16le'),
    ]);
    expect(await refusal(locked, 'docx')).toBe('document_encrypted');
  });
});

describe('a hostile file fails alone, and says why', () => {
  test('of more pages than are read', async () => {
    expect(await refusal(manyPages(10_000), 'pdf')).toBe('document_too_many_pages');
    expect(await refusal(Buffer.from('a\f'.repeat(3_000)), 'text')).toBe('document_too_many_pages');
  });

  test('that is broken: cut off, garbage behind its head, an archive without an end', async () => {
    const whole = fileOf('brief.pdf');
    expect(await refusal(whole.subarray(0, 900), 'pdf')).toBe('document_damaged');
    expect(await refusal(fileOf('brief.docx').subarray(0, 4_000), 'docx')).toBe('document_damaged');
    expect(await refusal(fileOf('note.png').subarray(0, 12), 'png')).toBe('document_damaged');
    expect(await refusal(Buffer.alloc(0), 'text')).toBe('document_damaged');
  });

  test('and one whose index is broken is read all the same', async () => {
    const { texts } = await read(
      Buffer.from(
        pageOf(pageSaying('net 30'))
          .toString('latin1')
          .replace(/startxref\n\d+/, 'startxref\n7'),
        'latin1',
      ),
      'pdf',
    );
    expect(texts).toEqual(['net 30']);
  });

  test('that hides another text from programs that read entries one by one', async () => {
    const document = { name: 'word/document.xml', content: paragraph('net 90') };
    const listed = Object.entries(unzipSync(docxOf(paragraph('net 30')))).map(([name, content]) => ({
      name,
      content,
    }));
    expect((await read(zipOf(listed), 'docx')).texts).toEqual(['net 30']);
    for (const where of [{ prefix: unlisted(document) }, { gap: unlisted(document) }])
      expect(await refusal(zipOf(listed, where), 'docx')).toBe('document_damaged');
    expect(await refusal(zipOf([...listed, document]), 'docx')).toBe('document_damaged');
  });

  test('that is a bomb: an entry of an archive that says so, one that lies, and a stream of a PDF', async () => {
    const large = docxOf(`${paragraph('hello')}<!--${' '.repeat(2_000_000)}-->`);
    const reader = createReader({ caps: { entryBytes: 1_000_000, memoryMegabytes: 200 } });
    expect(await refusal(large, 'docx', { reader })).toBe('document_too_large');
    expect(await refusal(lyingArchive(large, 'word/document.xml', 200), 'docx', { reader })).toBe(
      'document_damaged',
    );
    expect(await refusal(pageOf(bomb(150)), 'pdf', { reader })).toBe('document_took_too_much_memory');
  });

  test('with a font that never ends', async () => {
    const font = '<< /Type /Font /Subtype /TrueType /BaseFont /Endless /FontDescriptor 6 0 R >>';
    const descriptor = '<< /Type /FontDescriptor /FontName /Endless /Flags 32 /FontFile2 7 0 R >>';
    const reader = createReader({ caps: { memoryMegabytes: 200 } });
    const file = pageOf(pageSaying('hello'), [descriptor, bomb(150, '/Length1 157286400')], font);
    expect(await refusal(file, 'pdf', { reader })).toBe('document_took_too_much_memory');
  });

  test('that declares entities of elsewhere, holds macros, or names them in its type', async () => {
    const head = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>';
    expect(await refusal(docxOf(paragraph('&x;'), {}, head), 'docx')).toBe('document_unsafe');
    const macros = docxOf(paragraph('hello'), { 'word/vbaProject.bin': new Uint8Array(8) });
    expect(await refusal(macros, 'docx')).toBe('document_unsafe');
    const named = docxOf(paragraph('hello'), {
      '[Content_Types].xml': strToU8(
        '<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>',
      ),
    });
    expect(await refusal(named, 'docx')).toBe('document_unsafe');
  });

  test('that is another type than it says, two at once, or none that is read', async () => {
    expect(await refusal(fileOf('brief.pdf'), 'docx')).toBe('document_type_mismatch');
    expect(await refusal(Buffer.concat([fileOf('brief.pdf'), fileOf('brief.docx')]), 'docx')).toBe(
      'document_type_mismatch',
    );
    expect(await refusal(Buffer.from('<html><body>hello'), 'text')).toBe('document_type_mismatch');
    expect(
      await refusal(Buffer.from('<!-- a --><svg onload="alert(1)"><script>x</script></svg>'), 'html'),
    ).toBe('document_unreadable_type');
    expect(await refusal(Buffer.from('<?xml version="1.0"?><svg/>'), 'png')).toBe('document_unreadable_type');
    expect(await refusal(Buffer.from([0, 1, 2, 3, 0, 0, 255]), 'text')).toBe('document_unreadable_type');
    expect(await refusal(Buffer.from('d0cf11e0a1b11ae100', 'hex'), 'docx')).toBe('document_unreadable_type');
  });

  test('of an image that is larger than any screen', async () => {
    const huge = Buffer.from(fileOf('note.png'));
    huge.writeUInt32BE(60_000, 16);
    huge.writeUInt32BE(60_000, 20);
    expect(await refusal(huge, 'png')).toBe('document_too_large');
  });

  test('of more text than is kept', async () => {
    const reader = createReader({ caps: { characters: 100_000 } });
    expect(await refusal(Buffer.alloc(200_000, 'a'), 'text', { reader })).toBe('document_too_long');
  });

  test('that takes too long', async () => {
    const reader = createReader({ caps: { beginMilliseconds: 50, readMilliseconds: 0 } });
    expect(await refusal(fileOf('brief.pdf'), 'pdf', { reader })).toBe('document_took_too_long');
  });
});

const nestedHtml = (depth: number) =>
  Buffer.from(`<html><body>${'<div>'.repeat(depth)}deep down${'</div>'.repeat(depth)}`);

describe.runIf(process.platform === 'linux')('processor time', () => {
  test('goes by the size of the file: a few hundred bytes that unfold to minutes of work are given up, others are read', async () => {
    const reader = createReader({ caps: { cpuMilliseconds: 1_000 } });
    const busy = unfoldingPdf(300_000);
    expect(busy.length).toBeLessThan(1_000);
    expect(await refusal(busy, 'pdf', { reader })).toBe('document_took_too_long');
    const more = createReader({ caps: { cpuMilliseconds: 1_000, cpuMillisecondsPerMebibyte: 2 ** 40 } });
    expect((await read(unfoldingPdf(20_000), 'pdf', { reader: more })).end.kind).toBe('read');
  });

  test('of OCR is given for as many pages as a file of its size can hold', async () => {
    const caps = { cpuMilliseconds: 0, ocrPageCpuMilliseconds: 1, ocrPageBytes: 1_048_576 };
    const scanned = fileOf('scanned.pdf');
    const ocrPages = Array.from({ length: 200 }, () => 1);
    expect(await refusal(scanned, 'pdf', { reader: createReader({ caps }), ocrPages })).toBe(
      'document_took_too_long',
    );
  });
});

describe('a reader', () => {
  test('reads elements that are nested ten thousand deep, and no deeper than twenty thousand', async () => {
    expect((await read(nestedHtml(10_000), 'html')).texts).toEqual(['deep down']);
    expect(await refusal(nestedHtml(100_000), 'html')).toBe('document_damaged');
  });

  test('does not hold a file in the memory of the server', async () => {
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const chunk = Buffer.alloc(65_536, 'hello\n');
    const lines = async function* () {
      for (let n = 0; n < 640; n += 1) {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        yield Buffer.from(chunk);
      }
    };
    const reader = createReader();
    const end = await reader.read({
      declared: 'text',
      bytes: 640 * chunk.length,
      open: () => Promise.resolve(Readable.from(lines())),
      signal: new AbortController().signal,
      take() {},
    });
    expect(end).toMatchObject({ kind: 'failed', code: 'document_too_long' });
    expect(most).toBeLessThan(24 * 1_048_576);
  });

  test('that can not load its packages says nothing of the document', async () => {
    const [entry, worker] = [
      '../../../server/src/platform/base/files/process/entry.ts',
      './process/read-document.ts',
    ].map((path) => new URL(path, import.meta.url));
    const file = fileOf('brief.docx');
    const task = { declared: 'docx', caps: READING_CAPS };
    const order = { worker, bytes: file.length, milliseconds: 60_000, task };
    const ours = [entry, worker].map((url) => `--allow-fs-read=${fileURLToPath(new URL('..', url))}*`);
    const args = [
      '--permission',
      '--allow-worker',
      ...ours,
      fileURLToPath(entry ?? ''),
      JSON.stringify(order),
    ];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] });
    const [code, said] = await Promise.all([
      new Promise((resolve) => child.once('close', resolve)),
      text(child.stdio[3] as Readable),
      pipeline(Readable.from([file]), child.stdio[0] as Writable).catch(() => {}),
    ]);
    expect({ code, said }).toEqual({ code: 4, said: '' });
  });

  test('ends when its caller aborts it, and when the file breaks off', async () => {
    const calling = new AbortController();
    const endless = new Readable({ read() {} });
    const called = createReader().read({
      declared: 'text',
      bytes: 10,
      open: () => Promise.resolve(endless),
      signal: calling.signal,
      take() {},
    });
    calling.abort();
    await expect(called).rejects.toThrow();
    expect(endless.destroyed).toBe(true);
    const broken = new Readable({
      read() {
        this.destroy(new Error('the disk is gone'));
      },
    });
    const reading = createReader().read({
      declared: 'text',
      bytes: 10,
      open: () => Promise.resolve(broken),
      signal: new AbortController().signal,
      take() {},
    });
    await expect(reading).rejects.toThrow('the disk is gone');
  });
});
