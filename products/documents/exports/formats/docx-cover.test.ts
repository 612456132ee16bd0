import { strFromU8, unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { documentOf } from '../document/document.ts';
import type { Logo } from '../document/model.ts';
import { section, source } from '@plinth/testkit/fixtures/documents/export-source';
import { docxOf } from './docx.ts';
import { MARK_PNG } from './mark.ts';

const png = Buffer.from(MARK_PNG, 'base64');
const logo = (width: number, height: number): Logo => ({ type: 'png', bytes: png, width, height });
const titleOfLength = (length: number) => 'Relaunch of the shop in Łódź '.repeat(12).slice(0, length).trim();

/** The page on which the contents say that the first section begins: the third, behind a cover and the contents. */
async function firstPage(of: Parameters<typeof source>[1]): Promise<string | undefined> {
  const { bytes } = await docxOf(documentOf(source([section('Text.')], of)));
  const body = strFromU8(unzipSync(bytes)['word/document.xml'] ?? new Uint8Array());
  return /PAGEREF .*?<w:t[^>]*>(\d+)</s.exec(body)?.[1];
}

test.each([
  ['no logo and long names', null, [300, 200]],
  ['a wide logo and a title of three lines', logo(3_600, 1_200), [70, 5]],
  ['a tall logo and long names', logo(100, 400), [300, 200]],
] as const)('a cover with %s is one page', async (_, one, [title, name]) => {
  const page = await firstPage({
    title: titleOfLength(title),
    workspace: titleOfLength(name),
    client: titleOfLength(name),
    project: titleOfLength(name),
    branding: { logo: one, primary: null, accent: null, mark: true },
  });
  expect(page).toBe('3');
});

/** Whether each line of the contents has a number. */
async function areNumbered(...contents: readonly string[]): Promise<boolean[]> {
  const sections = contents.map((content) => section(content, { title: content.slice(0, 20) }));
  const { bytes } = await docxOf(documentOf(source(sections)));
  const body = strFromU8(unzipSync(bytes)['word/document.xml'] ?? new Uint8Array());
  const lines = body.matchAll(/PAGEREF .*?"separate"\/>(.*?)<w:fldChar/gs);
  return [...lines].map(([, number = '']) => /<w:t[^>]*>3</.test(number));
}

test('contents have a page number in each line, with any characters in titles', async () => {
  expect(await areNumbered('한국어 😀 ≋ 数据', 'Text.')).toEqual([true, true]);
});

test('contents have numbers beside an address of some hundred letters, and none beside words of no language', async () => {
  expect(await areNumbered(`https://example.com/${'path/'.repeat(80)}`)).toEqual([true]);
  expect(await areNumbered('a'.repeat(3_000))).toEqual([false]);
});
