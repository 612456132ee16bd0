import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/closing';
import { pdfOf } from '@plinth/testkit/fixtures/documents/hostile-documents';
import {
  convert,
  drawPages,
  hasRule,
  inkOf,
  lackOfDocumentPrograms,
  pagesOf,
} from '@plinth/testkit/services/document-programs';
import { fileOf } from './exports-fixture.ts';
import { type Colleague, orbitFixture } from './fixture.ts';
import { waitForDocument, readAs, textsOf, uploadFile } from './uploads-fixture.ts';

const fixture = await orbitFixture();
const folder = temporaryFolder();

interface Section {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly content: string;
  readonly version: number;
  readonly citations: readonly { document_id: string; page: number; quote: string }[] | null;
}

/** Follows something that a worker makes until it has ended; `path` without its query. */
async function waitForEnd(by: Colleague, path: string): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const { body } = await by.get(`${path}?wait=20`);
    if (body['status'] !== 'queued' && body['status'] !== 'running') return body;
  }
}

async function sectionsOf(by: Colleague, scope: string): Promise<Section[]> {
  return (await by.get(`/v1/scopes/${scope}/sections`)).body['data'] as Section[];
}

const collapseSpaces = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
/** The words of a text, without the marks and line breaks between them. */
const wordsIn = (text: string) => new Set(text.match(/[\p{L}\d]{4,}/gu));

/** A PDF and a DOCX with tables, made by LibreOffice of the source beside this file, and a scan: poppler's picture of the PDF's first page. */
async function madeElsewhere(): Promise<Readonly<Record<string, Buffer>>> {
  const source = join(import.meta.dirname, '../../documents/test/files/brief.html');
  const [pdf = ''] = await convert([source], 'pdf', folder);
  const [docx = ''] = await convert([source], 'docx', folder);
  const page = ['-r', '150', '-gray', '-jpeg', '-singlefile'];
  execFileSync('pdftoppm', [...page, pdf, join(folder, 'scan')]);
  return {
    'brief.pdf': readFileSync(pdf),
    'scanned.pdf': scanOf(readFileSync(join(folder, 'scan.jpg'))),
    'brief.docx': readFileSync(docx),
  };
}

/** A PDF of one page, which is a grey picture of A4 at 150 dots an inch, as scanners write it. */
function scanOf(jpeg: Buffer): Buffer {
  const dictionary =
    '/Type /XObject /Subtype /Image /Width 1240 /Height 1754 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode';
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /Im 5 0 R >> >> >>',
    { dictionary: '', stream: Buffer.from('595 0 0 842 0 0 cm /Im Do') },
    { dictionary, stream: jpeg },
  ]);
}

/** Uploads what other programs made, and waits until it is read; the documents' ids. */
async function broughtTo(by: Colleague, scope: string): Promise<string[]> {
  const documents: string[] = [];
  for (const [name, bytes] of Object.entries(await madeElsewhere()))
    documents.push(await uploadFile(by, name, { bytes, scope_id: scope }));
  for (const id of documents) expect(await waitForDocument(by, id)).toMatchObject({ status: 'completed' });
  return documents;
}

/** Sections that are extracted from the documents: they cite all of them, word for word. */
async function extractSections(by: Colleague, scope: string): Promise<Section[]> {
  const documents = await broughtTo(by, scope);
  const asked = await by.post(
    '/v1/ai/extract',
    { scope_id: scope, document_ids: documents },
    { 'idempotency-key': 'whole-path' },
  );
  expect(asked).toMatchObject({ status: 202 });
  const extraction = await waitForEnd(by, `/v1/ai/extractions/${String(asked.body['extraction_id'])}`);
  expect(extraction).toMatchObject({ status: 'completed', missing: [] });
  const texts = new Map<string, string[]>();
  for (const id of documents) texts.set(id, await textsOf(by, id));
  const found = await sectionsOf(by, scope);
  const cited = found.flatMap(({ citations }) => citations ?? []);
  expect(new Set(cited.map(({ document_id: id }) => id))).toEqual(new Set(documents));
  for (const { document_id: id, page, quote } of cited)
    expect(collapseSpaces(texts.get(id)?.[page - 1] ?? '')).toContain(collapseSpaces(quote));
  return found;
}

/** A file as another program shows it: every word, a row of the budget, pages with a number and something on them, contents that lead to them. */
async function looksRight(pdf: string, sections: readonly Section[]): Promise<void> {
  const pages = await pagesOf(pdf);
  const text = pages.join('\n');
  expect(text).toMatch(/Conception by Žofia\s+€7,300/);
  const said = wordsIn(sections.map(({ title, content }) => `${title} ${content}`).join(' '));
  expect(said.size).toBeGreaterThan(30);
  expect([...said].filter((word) => !wordsIn(text).has(word))).toEqual([]);
  expect(pages.slice(1).map((page, n) => page.includes(`Page ${n + 2} of ${pages.length}`))).not.toContain(
    false,
  );
  const lines = (pages[1] ?? '').matchAll(/^ *(\d+) +(\S.*?)[ .]+(\d+)$/gm);
  const contents = [...lines].map(([, number, title, page]) => ({ number, title, page: Number(page) }));
  expect(contents.map(({ title }) => title)).toEqual([...sections.map(({ title }) => title), 'Sources']);
  for (const { number, title, page } of contents)
    expect(pages[page - 1]).toMatch(new RegExp(`^ *${number} +${title}$`, 'm'));
  const pictures = await drawPages(pdf, folder);
  expect(pictures).toHaveLength(pages.length);
  for (const picture of pictures) expect(inkOf(picture)).toBeGreaterThan(0.001);
  expect(pictures.map(hasRule)).toEqual(pictures.map((_, n) => n > 0));
}

/** Independent libraries read the whole scope out of a file. */
async function readsBack(by: Colleague, name: string, sections: readonly Section[]): Promise<void> {
  const read = await readAs(by, name, readFileSync(join(folder, name)));
  expect(read).toMatchObject({ status: 'completed', ocr_pages: 0 });
  const back = wordsIn((await textsOf(by, String(read['id']))).join(' '));
  const said = wordsIn(sections.map(({ title, content }) => `${title} ${content}`).join(' '));
  expect([...said].filter((word) => !back.has(word))).toEqual([]);
}

test('a PDF, a scan and a DOCX of other programs become a scope that is edited, and a PDF and a DOCX that other programs open', async ({
  skip,
}) => {
  const lack = lackOfDocumentPrograms();
  if (lack !== undefined) return skip(lack);
  const { member, ...workspace } = await fixture.workspace();
  const scope = await workspace.scope(0);
  const found = await extractSections(member, scope);
  expect(found.map(({ type }) => type)).toEqual(expect.arrayContaining(['deliverables', 'budget']));

  const budget = found.find(({ type }) => type === 'budget');
  const edited = await member.patch(
    `/v1/scopes/${scope}/sections/${String(budget?.id)}`,
    { content: '| Phase | Amount |\n|---|---:|\n| Conception by Žofia | €7,300 |\n| Delivery | €12,700 |' },
    { 'if-match': `"${String(budget?.version)}"` },
  );
  expect(edited.status).toBe(200);
  const sections = await sectionsOf(member, scope);

  for (const format of ['pdf', 'docx'] as const) {
    const { row, bytes } = await fileOf(member, scope, { format, citations: true });
    expect(row).toMatchObject({ missing: [] });
    writeFileSync(join(folder, `scope.${format}`), bytes);
  }
  await looksRight(join(folder, 'scope.pdf'), sections);
  const [opened = ''] = await convert([join(folder, 'scope.docx')], 'pdf', temporaryFolder());
  await looksRight(opened, sections);
  for (const name of ['scope.pdf', 'scope.docx']) await readsBack(member, name, sections);
});
