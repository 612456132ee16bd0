import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { marked } from 'marked';
import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { atEndOfFile, temporaryFolder } from '@plinth/testkit/closing';
import {
  convert,
  drawPages,
  inkOf,
  lackOfDocumentPrograms,
  pagesOf,
} from '@plinth/testkit/services/document-programs';
import { FORMATS } from '@plinth/documents';
import { fileOf } from './exports-fixture.ts';
import { type Colleague, orbitFixture } from './fixture.ts';

const fixture = await orbitFixture();
const folder = temporaryFolder();
const file = (format: string) => join(folder, `scope.${format}`);

/** Records every request to an address that a text names. */
let visits = 0;
const elsewhere = createServer((socket) => {
  visits += 1;
  socket.destroy();
});
await new Promise<void>((resolve) => void elsewhere.listen(0, '127.0.0.1', resolve));
atEndOfFile(async () => void elsewhere.close());
const remote = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;

const columns = Array.from({ length: 60 }, (_, n) => `column${n}`);
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** Sections by their titles: what is written, and what of it must be read again. */
const SECTIONS: Readonly<Record<string, readonly [content: string, kept: readonly string[]]>> = {
  'Brackets [a](b) {c} <d> "e"': [
    '([{<>}]) [not a link] [x]: y `[code]` ((nested)',
    ['([{<>}])', '[not a link]', '[code]', '((nested)'],
  ],
  [`![logo](${remote}/title.png)`]: [
    `![plan](${remote}/a.png) and <img src="${remote}/b.png"> and ![ref][r]\n\n[r]: ${remote}/c.png\n\n<iframe src="${remote}/d"></iframe><link rel=stylesheet href="${remote}/e.css">\n\nafter`,
    ['[Image: plan]', '[Image: ref]', 'after'],
  ],
  'XML ]]> &amp; <![CDATA[': [
    '<to be agreed> ]]> <![CDATA[ kept ]]> &lt;w:t&gt; &amp;amp; &#65;&#x42; &bogus; <?xml version="1.0"?> <!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]> &x; end',
    ['<to be agreed>', ']]> kept <w:t>', '&amp; AB &bogus;', '&x; end'],
  ],
  'Right to left': ['Start שלום עולם then نطاق العمل end.\n\nنطاق العمل كله', ['Start', 'then', 'end.']],
  'Emoji 😀': ['So: 👍🏽 👨‍👩‍👧 🇵🇱 1️⃣ done', ['So:', 'done']],
  'Marks Z\u030Cofia': [
    'Z\u030Cofia Dvor\u030Ca\u0301kova\u0301, z\u0351\u036B\u0343\u034Falgo, de\uFB01ne',
    ['Žofia Dvořáková', 'ne'],
  ],
  'Controls \u202Etxt.exe': ['before\u200B\u202Eafter bell and escape', ['beforeafter']],
  'Long words': [
    `${'Wort'.repeat(1_500)}\n\n| a | b |\n|---|---|\n| ${'x'.repeat(3_000)} | cell |`,
    ['Wort'.repeat(8), 'xxxxxxxx', 'cell'],
  ],
  'Lists in lists': [
    Array.from({ length: 200 }, (_, n) => `${'  '.repeat(n)}- level${n}`).join('\n'),
    ['level0', 'level7', 'level100', 'level199'],
  ],
  'A wide table': [
    [row(columns), row(columns.map(() => '---')), row(columns.map((_, n) => `cell${n}`))].join('\n'),
    ['column0', 'column59', 'cell0', 'cell59'],
  ],
  '- 1. # > | ~~ ** __ ``': [
    '\\# no heading\n\n1986\\. A year.\n\n=cmd|x',
    ['# no heading', '1986. A year.', '=cmd|x'],
  ],
};

async function hostileScope(by: Colleague): Promise<string> {
  const made = await by.post('/v1/scopes', {
    title: `![x](${remote}/t.png) ]]> &lt; שלום 😀 ${'Wort'.repeat(40)}`,
    client_name: `<b>Acme</b> ![](${remote}/client.png)`,
    summary: `![sum](${remote}/s.png) <script src="${remote}/s.js"></script> ]]>`,
  });
  expect(made.status).toBe(201);
  const scope = String(made.body['id']);
  for (const [title, [content]] of Object.entries(SECTIONS)) {
    const section = { type: 'deliverables', title, content };
    expect(await by.post(`/v1/scopes/${scope}/sections`, section), title).toMatchObject({ status: 201 });
  }
  // A person can't write these; what a model found in a document may have them.
  await fixture.db.asMigrator(
    statement(
      `update orbit.sections set content = replace(content, 'bell', chr(7) || 'bell' || chr(27) || chr(65534)) where scope_id = $1`,
      [scope],
    ),
  );
  return scope;
}

/** Text as it is compared: spaces and the places where long words are broken do not count. */
const withoutSpaces = (text: string) => text.normalize('NFC').replaceAll(/[\s\u00AD]+/g, '');

/** Texts that must be kept and that a text lacks. */
function lackingIn(text: string): string[] {
  const whole = withoutSpaces(text);
  return Object.values(SECTIONS)
    .flatMap(([, kept]) => kept)
    .filter((words) => !whole.includes(withoutSpaces(words)));
}

/** Markdown as a viewer renders it. */
async function renderMarkdown(markdown: string): Promise<string> {
  const html = await marked.parse(readFileSync(markdown, 'utf8'));
  expect(html).not.toMatch(/<(?:img|script|iframe|link|svg)\b/i);
  const text = html.replaceAll(/<[^>]*>/g, '');
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

test('what somebody hostile writes is text in each format that another program opens: none of it is run, fetched, or lost without a word', async ({
  skip,
}) => {
  const lack = lackOfDocumentPrograms();
  if (lack !== undefined) return skip(lack);
  const { member } = await fixture.workspace();
  const scope = await hostileScope(member);
  const missing: Record<string, unknown> = {};
  for (const format of FORMATS) {
    const { row: made, bytes } = await fileOf(member, scope, format);
    writeFileSync(file(format), bytes);
    missing[format] = made['missing'];
  }
  const [opened = ''] = await convert([file('docx')], 'pdf', temporaryFolder());

  const texts = {
    markdown: await renderMarkdown(file('markdown')),
    pdf: (await pagesOf(file('pdf'))).join('\n'),
    docx: (await pagesOf(opened)).join('\n'),
  };
  for (const [format, text] of Object.entries(texts)) {
    expect(lackingIn(text), format).toEqual([]);
    for (const title of Object.keys(SECTIONS).filter((one) => !/[^\0-\u017F]/.test(one)))
      expect(withoutSpaces(text), format).toContain(withoutSpaces(title));
  }
  // Each format has what is written from right to left, or says where it is not.
  for (const text of [texts.markdown, texts.docx])
    for (const word of ['שלום', 'نطاق', 'Emoji😀']) expect(withoutSpaces(text)).toContain(word);
  expect(texts.pdf).toMatch(/Start \[Hebrew\] then \[Arabic\] end\./);
  expect(texts.pdf).toMatch(
    /names their script\s+in brackets instead: Hebrew\s+\(16\), Arabic\s+\(21\), Emoji\s+\(11\)/,
  );
  expect(missing).toMatchObject({
    markdown: [],
    pdf: [{ name: 'Hebrew' }, { name: 'Arabic' }, { name: 'Emoji' }],
    docx: expect.arrayContaining([{ what: 'font', name: 'Hebrew', characters: 16 }]),
  });
  for (const pdf of [file('pdf'), opened])
    for (const page of await drawPages(pdf, folder)) expect(inkOf(page)).toBeGreaterThan(0.0005);
  expect(visits).toBe(0);
});
