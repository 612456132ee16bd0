import { createHash } from 'node:crypto';
import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import '../../errors.ts';
import { Budget } from '../document/limits.ts';
import { blocksOf } from '../document/markdown.ts';
import type { ExportSource } from '../document/source.ts';
import { MARK_PNG } from '../formats/mark.ts';
import { section, source } from '@plinth/testkit/fixtures/documents/export-source';
import { fileOf, FORMATS, type Format } from './file.ts';
import { createFileMaker } from './file-maker.ts';

const making = createFileMaker();
const never = new AbortController().signal;
/** On a thread, as the server does it. What a file says is looked at in files that are made here, which takes a fraction of the time. */
const make = (format: Format, of: ExportSource) => making.make({ format, source: of }, never);
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

/** The XML of a DOCX, by the name of its part. */
async function partsOf(of: ExportSource): Promise<Readonly<Record<string, string>>> {
  const { bytes } = await fileOf('docx', of);
  return Object.fromEntries(
    Object.entries(unzipSync(bytes))
      .filter(([name]) => /\.(?:xml|rels)$/.test(name))
      .map(([name, part]) => [name, strFromU8(part)]),
  );
}

describe('the same scope comes to the same bytes', () => {
  const whole = source([
    section('# One\n\n- **A**: b\n- c\n\n1. d\n2. e\n\n| f | g |\n|---|---|\n| h | i |'),
    section('[link](https://example.com) ![picture](https://example.com/a.png) `code`'),
  ]);
  test.each(FORMATS)('as %s', async (format) => {
    const [one, other] = [await make(format, whole), await make(format, whole)];
    expect(digest(one.bytes)).toBe(digest(other.bytes));
  });
});

describe('what somebody hostile writes', () => {
  const HOSTILE = [
    '<script>alert(1)</script><img src=x onerror=alert(2)><b>bold</b> words',
    '[press](javascript:alert(3)) [data](data:text/html,<script>) [file](file:///etc/passwd) ![x](file:///etc/hostname)',
    '=cmd|\' /C calc\'!A0 and {=SUM(A1)} and { INCLUDETEXT "/etc/passwd" }',
    'NUL \u0000 BEL \u0007 ESC \u001b half \ud800 turned \u202eabc\u202c noncharacter \ufffe &#0; &#x1F; end',
    ']]> </w:t></w:r> <w:instrText>DDEAUTO c:\\\\windows</w:instrText> %PDF-1.7 /JavaScript /OpenAction',
  ].join('\n\n');
  const hostile = source([section(HOSTILE, { title: '<b>=1+1</b>\u0000' })], {
    title: '"><svg onload=alert(4)>',
  });

  test('is letters in a DOCX: no field, no link, no tag of its own', async () => {
    const parts = await partsOf(hostile);
    const body = parts['word/document.xml'] ?? '';
    const instructions = [...body.matchAll(/<w:instrText[^>]*>([^<]*)/g)].map(([, text]) => text ?? '');
    expect(instructions.every((text) => /^\s*(?:TOC|PAGEREF)\b/.test(text))).toBe(true);
    expect(
      Object.entries(parts).filter(([name, text]) => name.endsWith('.rels') && text.includes('External')),
    ).toEqual([]);
    expect(body).toContain('bold');
    expect(body).not.toMatch(/javascript:|onerror|file:\/\//);
    // oxlint-disable-next-line no-control-regex -- XML holds none of them
    expect(body).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\u202e]/);
    expect(body.isWellFormed()).toBe(true);
  });

  test('is letters in Markdown: no HTML, no link that runs something', async () => {
    const text = textOf((await fileOf('markdown', hostile)).bytes);
    expect(text).not.toMatch(/(?<!\\)<[a-z/!]/i);
    expect(text).not.toMatch(/javascript:|file:\/\//);
  });

  test('is letters in a PDF: no script, no action, no file', async () => {
    const { bytes } = await fileOf('pdf', hostile);
    const raw = Buffer.from(bytes).toString('latin1');
    expect(raw.startsWith('%PDF-')).toBe(true);
    expect(raw).not.toMatch(/\/(?:JavaScript|JS|OpenAction|EmbeddedFile|Launch|URI)\b/);
  });

  test('in angle brackets is kept where it is no HTML, and the tags of HTML are not', async () => {
    const content =
      'Due <to be agreed> by <client>, <b>bold</b> <img src=x> <![CDATA[kept]]> <h2 id=a>head</h2> <x-y>';
    const { bytes } = await fileOf('markdown', source([section(content)]));
    const text = textOf(bytes).replaceAll('\\', '').replaceAll(/\s+/g, ' ');
    expect(text).toContain('Due <to be agreed> by <client>, bold kept head <x-y> ---');
  });

  test('with ten thousand quotes in each other is shown as plain text', async () => {
    const { bytes } = await fileOf('markdown', source([section(`${'> '.repeat(10_000)}deep`)]));
    expect(textOf(bytes)).toContain('deep');
  });

  test.each([
    ['quotes in each other', `${'> '.repeat(300)}deep`],
    ['lists in each other', `${'- '.repeat(300)}deep`],
    ['numbered lists in each other', `${'1. '.repeat(300)}deep`],
    ['a word of thousands of characters', `**bold** ${'a.'.repeat(2_000)}@`],
  ])('%s: is nothing that the parser is given, for its time grows with the square', (_, content) => {
    expect(blocksOf(content, new Budget())).toEqual([{ kind: 'paragraph', runs: [{ text: content }] }]);
  });

  test.each([
    ['ten megabytes of text', 'a word '.repeat(1_500_000)],
    ['a table of a million rows', `| a |\n|---|\n${'| b |\n'.repeat(1_000_000)}`],
    ['a table of too many rows', `| a |\n|---|\n${'| b |\n'.repeat(10_001)}`],
  ])('%s: is refused, with the reason', async (_, content) => {
    await expect(make('pdf', source([section(content)]))).rejects.toMatchObject({
      code: 'export_too_large',
      message: expect.stringMatching(/characters|rows/),
    });
  });

  test.each(['pdf', 'docx'] as const)('one word of 100,000 letters comes to a bounded %s', async (format) => {
    const { bytes } = await fileOf(format, source([section('a'.repeat(100_000))]));
    expect(bytes.length).toBeLessThan(2_000_000);
  });
});

describe('characters', () => {
  const TEXT = 'Příliš Ελληνικά Жёлтый nghiệm 中文 – €';

  test('that the fonts have are in a PDF, and nothing is missing', async () => {
    expect((await fileOf('pdf', source([section(TEXT)]))).missing).toEqual([]);
  });

  test('that no font has are named in a PDF, each by its script and how many', async () => {
    const { missing } = await fileOf(
      'pdf',
      source([section('한국어 and عربي and עברית')], { title: 'ภาษาไทย' }),
    );
    expect(new Set(missing.map(({ what, name }) => `${what} ${name}`))).toEqual(
      new Set(['script Arabic', 'script Hangul', 'script Hebrew', 'script Thai']),
    );
    expect(missing.find(({ name }) => name === 'Hangul')?.characters).toBe(3);
  });

  test('of all scripts are in a DOCX, in their direction', async () => {
    const body = (await partsOf(source([section('한국어\n\nنطاق العمل')])))['word/document.xml'] ?? '';
    expect(body).toContain('한국어');
    expect(body).toMatch(/<w:bidi\/>.*نطاق العمل/s);
  });
});

describe('a DOCX', () => {
  test('has a cover, contents with entries, numbered headings, tables with repeated heads, pages n of m, and its font', async () => {
    const parts = await partsOf(
      source([section('## Inner\n\n| a | b |\n|---|---:|\n| c | 1 |', { title: 'First' })]),
    );
    const body = parts['word/document.xml'] ?? '';
    expect(body).toContain('Prepared for');
    expect(body).toMatch(/<w:pStyle w:val="TOC1"\/>.*First/s);
    expect(body).toMatch(
      /<w:pStyle w:val="Heading1"\/><w:numPr>|<w:pStyle w:val="Heading1"\/>.{0,80}<w:numPr>/s,
    );
    expect(body).toContain('<w:tblHeader/>');
    const footers = Object.keys(parts).filter((name) => /footer\d+\.xml$/.test(name));
    expect(footers.some((name) => /PAGE\b.*NUMPAGES/s.test(parts[name] ?? ''))).toBe(true);
    expect(parts['word/fontTable.xml']).toContain('w:embedRegular');
    expect(parts['docProps/core.xml']).toContain('2026-11-20T08:00:00Z');
  });
});

const sourceWithBranding = (more: object) =>
  source([section('Text.')], {
    branding: { logo: null, primary: null, accent: null, mark: false, ...more },
  });

describe('how it looks', () => {
  const png = Buffer.from(MARK_PNG, 'base64');
  const logo = { type: 'png', bytes: png, width: 96, height: 96 } as const;

  test('Orbit’s mark is there, or is not', async () => {
    expect(textOf((await fileOf('markdown', sourceWithBranding({ mark: true }))).bytes)).toContain(
      'Made with Orbit',
    );
    expect(textOf((await fileOf('markdown', sourceWithBranding({}))).bytes)).not.toContain('Orbit');
    expect((await partsOf(sourceWithBranding({})))['word/document.xml']).not.toContain('Orbit');
  });

  test('its colours are those of the workspace', async () => {
    const body = (await partsOf(sourceWithBranding({ primary: '#7a1f3d' })))['word/document.xml'];
    expect(body).toContain('7a1f3d');
  });

  test.each(['pdf', 'docx'] as const)('a logo is in the %s', async (format) => {
    const [without, withLogo] = [
      await fileOf(format, sourceWithBranding({})),
      await fileOf(format, sourceWithBranding({ logo })),
    ];
    expect(withLogo.bytes.length).toBeGreaterThan(without.bytes.length + 500);
    expect(withLogo.missing).toEqual([]);
  });

  test('a logo that is no picture is left out of the PDF, and that is said', async () => {
    const broken = { ...logo, bytes: Buffer.concat([png.subarray(0, 40), Buffer.alloc(100)]) };
    const { bytes, missing } = await make('pdf', sourceWithBranding({ logo: broken }));
    expect(Buffer.from(bytes).subarray(0, 5).toString()).toBe('%PDF-');
    expect(missing).toEqual([{ what: 'logo', name: 'unreadable', characters: 0 }]);
  });
});

test('aborting the call ends the thread', async () => {
  const gone = new AbortController();
  const file = making.make({ format: 'pdf', source: source([section('a')]) }, gone.signal);
  gone.abort(new Error('gone'));
  await expect(file).rejects.toThrow('gone');
});
