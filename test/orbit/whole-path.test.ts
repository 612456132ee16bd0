import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Colleague, orbitFixture } from './fixture.ts';
import { ended, fileOf, readAs, textsOf, uploaded } from './uploading.ts';

const fixture = await orbitFixture();
const folder = mkdtempSync(join(tmpdir(), 'plinth-whole-path-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Section {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly content: string;
  readonly version: number;
  readonly citations: readonly { document_id: string; page: number; quote: string }[] | null;
}

/** Follows something that a worker makes until it has ended; `path` without its query. */
async function followed(by: Colleague, path: string): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const { body } = await by.get(`${path}?wait=20`);
    if (body['status'] !== 'queued' && body['status'] !== 'running') return body;
  }
}

async function sectionsOf(by: Colleague, scope: string): Promise<Section[]> {
  return (await by.get(`/v1/scopes/${scope}/sections`)).body['data'] as Section[];
}

async function exported(by: Colleague, scope: string, format: 'pdf' | 'docx'): Promise<Buffer> {
  const { body } = await by.post(`/v1/scopes/${scope}/export`, { format, citations: true });
  const made = await followed(by, `/v1/exports/${String(body['export_id'])}`);
  expect(made).toMatchObject({ status: 'completed', missing: [] });
  const { url } = made['download'] as { url: string };
  return Buffer.from(await (await fetch(url)).arrayBuffer());
}

const folded = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
/** The words of a text, whatever marks and line breaks stand between them. */
const wordsIn = (text: string) => new Set(text.match(/[\p{L}\d]{4,}/gu));

/** The share of a page that is not white, from 0 to 1, as poppler draws it. */
function inkOf(path: string): number {
  const file = readFileSync(path);
  // A PGM: `P5`, width and height, 255, and a byte for each pixel.
  const [head = '', width = '0', height = '0'] =
    /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(file.toString('latin1', 0, 40)) ?? [];
  const pixels = file.subarray(head.length);
  expect(pixels).toHaveLength(Number(width) * Number(height));
  return pixels.filter((grey) => grey < 200).length / pixels.length;
}

/** Uploads what other programs made, and waits until it is read; the documents' ids. */
async function broughtTo(by: Colleague, scope: string): Promise<string[]> {
  const documents: string[] = [];
  for (const name of ['brief.pdf', 'scanned.pdf', 'brief.docx'])
    documents.push(await uploaded(by, name, { bytes: fileOf(name), scope_id: scope }));
  for (const id of documents) expect(await ended(by, id)).toMatchObject({ status: 'completed' });
  return documents;
}

test('a PDF, a scan and a DOCX of other programs become a scope that is edited, and a PDF and a DOCX that other programs open', async () => {
  const { member, ...workspace } = await fixture.workspace();
  const scope = await workspace.scope(0);
  const documents = await broughtTo(member, scope);
  const asked = await member.post(
    '/v1/ai/extract',
    { scope_id: scope, document_ids: documents },
    { 'idempotency-key': 'whole-path' },
  );
  expect(asked).toMatchObject({ status: 202 });
  const extraction = await followed(member, `/v1/ai/extractions/${String(asked.body['extraction_id'])}`);
  expect(extraction).toMatchObject({ status: 'completed', missing: [] });
  const found = await sectionsOf(member, scope);
  expect(found.map(({ type }) => type)).toEqual(expect.arrayContaining(['deliverables', 'budget']));
  const texts = new Map<string, string[]>();
  for (const id of documents) texts.set(id, await textsOf(member, id));
  const cited = found.flatMap(({ citations }) => citations ?? []);
  expect(new Set(cited.map(({ document_id: id }) => id))).toEqual(new Set(documents));
  for (const { document_id: id, page, quote } of cited)
    expect(folded(texts.get(id)?.[page - 1] ?? '')).toContain(folded(quote));

  const budget = found.find(({ type }) => type === 'budget');
  const edited = await member.patch(
    `/v1/scopes/${scope}/sections/${String(budget?.id)}`,
    { content: '| Phase | Amount |\n|---|---:|\n| Conception by Žofia | €7,300 |\n| Delivery | €12,700 |' },
    { 'if-match': `"${String(budget?.version)}"` },
  );
  expect(edited.status).toBe(200);

  const [pdf, docx] = [await exported(member, scope, 'pdf'), await exported(member, scope, 'docx')];
  writeFileSync(join(folder, 'scope.pdf'), pdf);
  const text = execFileSync('pdftotext', ['-layout', join(folder, 'scope.pdf'), '-'], { encoding: 'utf8' });
  const pages = text.split('\f').slice(0, -1);
  expect(text).toMatch(/Conception by Žofia\s+€7,300/);
  const said = wordsIn(
    (await sectionsOf(member, scope)).map(({ title, content }) => `${title} ${content}`).join(' '),
  );
  expect(said.size).toBeGreaterThan(30);
  expect([...said].filter((word) => !wordsIn(text).has(word))).toEqual([]);

  execFileSync('pdftoppm', ['-gray', '-r', '60', join(folder, 'scope.pdf'), join(folder, 'page')]);
  const pictures = readdirSync(folder).filter((name) => name.endsWith('.pgm'));
  expect(pictures).toHaveLength(pages.length);
  for (const picture of pictures) expect(inkOf(join(folder, picture))).toBeGreaterThan(0.001);

  // Both files go in again: what is read out of them, by libraries that did not write them, is the scope.
  for (const [name, bytes] of [
    ['scope.pdf', pdf],
    ['scope.docx', docx],
  ] as const) {
    const read = await readAs(member, name, bytes);
    expect(read).toMatchObject({ status: 'completed', ocr_pages: 0 });
    const back = wordsIn((await textsOf(member, String(read['id']))).join(' '));
    expect([name, [...said].filter((word) => !back.has(word))]).toEqual([name, []]);
  }
});
