import { expect, test } from 'vitest';
import { READING_CAPS } from './caps.ts';
import { readPdf } from './process/pdf.ts';
import { pdfOf } from '@plinth/testkit/fixtures/documents/hostile-documents';
import { gapsOf } from '@plinth/testkit/fixtures/documents/read-file';

type Entry = Parameters<typeof pdfOf>[0][number];

const image = (width: number, height = width): Entry => ({
  dictionary: `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceGray /BitsPerComponent 8`,
  stream: Buffer.alloc(Math.min(width * height, 256), width),
});
const FIRST_PAGE = 7;

/** A PDF of pages that paint this, with two pictures: `/Photo`, and `/Plan` of more pixels than are unpacked. */
function pdf(...contents: readonly string[]): Buffer {
  const kids = contents.map((_, n) => `${FIRST_PAGE + 2 * n} 0 R`).join(' ');
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${contents.length} /MediaBox [0 0 600 800] /Resources << /Font << /F1 3 0 R >> /XObject << /Photo 4 0 R /Plan 5 0 R /Other 6 0 R >> >> >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    image(8),
    image(8_000),
    image(9),
    ...contents.flatMap((content, n) => [
      `<< /Type /Page /Parent 2 0 R /Contents ${FIRST_PAGE + 2 * n + 1} 0 R >>`,
      { dictionary: '', stream: Buffer.from(content) },
    ]),
  ]);
}

const WORDS = 'The vendor delivers the shop in three parts.';
const words = (mode = 0, lines = 1) =>
  `BT ${mode} Tr /F1 12 Tf 14 TL 72 760 Td ${`(${WORDS}) Tj T* `.repeat(lines)}ET `;
const picture = (width: number, height: number, { name = 'Photo', x = 72, y = 100 } = {}) =>
  `q ${width} 0 0 ${height} ${x} ${y} cm /${name} Do Q `;
/** 5 % of a page; 120 to 80 are 2 %. */
const LARGE = picture(200, 120);

const WHOLE = picture(600, 800, { x: 0, y: 0 });
/** Pages that show something beside their text, and whether that may have words. */
const PAGES: readonly (readonly [name: string, content: string, isNamed: boolean])[] = [
  ['a picture', words() + LARGE, true],
  ['one that is turned', `${words()}q 0 200 -120 0 300 100 cm /Photo Do Q`, true],
  ['one in slices', words() + [0, 1, 2].map((n) => picture(200, 40, { y: 200 + 40 * n })).join(''), true],
  ['one of the page itself', `${words()}q 200 0 0 120 72 300 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q`, true],
  ['one of more pixels than are unpacked', words() + picture(210, 120, { name: 'Plan' }), true],
  ['one behind a line of text', WHOLE + words(), true],
  ['one behind much text', WHOLE + words(0, 40), false],
  ['one that OCR read before', words(3) + WHOLE, false],
  ['a small one', words() + picture(120, 80), false],
  [
    'small ones that lie apart',
    words() + [0, 1, 2].map((n) => picture(120, 80, { y: 200 * n })).join(''),
    false,
  ],
  ['one that lies outside of the page', words() + picture(200, 120, { x: 700 }), false],
];

test('a page of a PDF with text is named for a picture that may have words', async () => {
  const named = PAGES.flatMap(([, , isNamed], n) => (isNamed ? [`${n + 1} picture`] : []));
  expect(await gapsOf(pdf(...PAGES.map(([, content]) => content)), 'pdf')).toEqual(named);
});

test('a picture at its place on most pages of a PDF is its paper, and others there are not', async () => {
  const head = words() + LARGE;
  expect(await gapsOf(pdf(head, head, words() + picture(200, 120, { name: 'Other' })), 'pdf')).toEqual([
    '3 picture',
  ]);
});

test('pages of a PDF are read when there is no time left to look for their pictures, and say so', async () => {
  const told: unknown[] = [];
  const caps = { ...READING_CAPS, cpuMostMilliseconds: 0 };
  await readPdf(pdf(words() + LARGE), caps, (line) => void told.push(line));
  expect(told.slice(0, 2)).toEqual([
    { kind: 'page', page: 1, text: WORDS },
    { kind: 'gap', page: 1, gap: 'pictures_unknown' },
  ]);
});

test('a page of a PDF whose letters are outlines is read by OCR, and one of lines is not', async () => {
  const letter = `0 0 m ${'1 1 2 2 3 3 c '.repeat(20)}f `;
  const table = '0 0 m 0 100 l S '.repeat(50);
  expect(await gapsOf(pdf(letter.repeat(20), table), 'pdf')).toEqual(['1 scanned']);
});
