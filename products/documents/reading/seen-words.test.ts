import { readFileSync } from 'node:fs';
import { strToU8 } from 'fflate';
import { describe, expect, test } from 'vitest';
import {
  docxOf,
  pageOf,
  pageSaying,
  paragraph,
  pdfOf,
} from '@plinth/testkit/fixtures/documents/hostile-documents';
import { readFile as read } from '@plinth/testkit/fixtures/documents/read-file';

const fileOf = (name: string) => readFileSync(new URL(`../test/files/${name}`, import.meta.url));

const textIn = async (...of: Parameters<typeof read>) => (await read(...of)).text;

describe('a small file that once lost words keeps them', () => {
  test.each([
    ['document2.docx', 'docx', 'The fee is 12,000 euros.'],
    ['w-fldsimple.docx', 'docx', 'In Bremen the fee is due.'],
    ['wrappers.docx', 'docx', 'In Bremen the fee is 12,000 euros net for all'],
    ['ruby.docx', 'docx', '東京で納品'],
    ['check-sdt.docx', 'docx', '☒ Logo ☐ Website'],
    ['form.pdf', 'pdf', 'Client: Northwind Bakery'],
    ['form-noap.pdf', 'pdf', 'Client: Northwind Bakery'],
    ['freetext.pdf', 'pdf', '\nFee agreed: 12,000 euros'],
  ] as const)('%s', async (file, declared, words) => {
    const { text, gaps } = await read(fileOf(file), declared);
    expect(text).toBe(`The agreement begins here.\n${declared === 'pdf' ? '' : '\n'}${words}`);
    expect(gaps).toEqual([]);
  });
});

const NAMESPACES = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"`;
const run = (text: string) => `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;
const field = (kind: string, data = '') =>
  `<w:r><w:fldChar w:fldCharType="${kind}">${data}</w:fldChar></w:r>`;
/** A DOCX whose namespaces are declared around its body. */
const docx = (body: string, more?: Readonly<Record<string, string>>) =>
  docxOf(
    `<w:customXml ${NAMESPACES}>${body}</w:customXml>`,
    Object.fromEntries(
      Object.entries(more ?? {}).map(([name, xml]) => [name, strToU8(xml.replace('NS', NAMESPACES))]),
    ),
  );
const relationships = (parts: Readonly<Record<string, string>>) =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${Object.entries(parts)
    .map(
      ([target, kind], n) =>
        `<Relationship Id="r${n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${kind}" Target="${target}"/>`,
    )
    .join('')}</Relationships>`;

const control = (value: string) =>
  `<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="${value}"/></w14:checkbox></w:sdtPr><w:sdtContent><w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r></w:p></w:sdtContent></w:sdt>`;
const textBox = (text: string) => `<w:txbxContent>${paragraph(text)}</w:txbxContent>`;
/** A picture of so many points. */
const drawing = (width: number, height: number) =>
  `<w:r><w:drawing><wp:inline><wp:extent cx="${width * 12_700}" cy="${height * 12_700}"/><a:blip/></wp:inline></w:drawing></w:r>`;
const math = (text: string) => `<m:r><m:t>${text}</m:t></m:r>`;

describe('a DOCX', () => {
  test.each([
    'ins',
    'moveTo',
    'smartTag',
    'customXml',
    'dir',
    'bdo',
    'fldSimple',
    'hyperlink',
    'unknownOfTomorrow',
  ])('is read within w:%s, around runs and within each other', async (name) => {
    const wrapped = `<w:${name} w:val="rtl">${run('net ')}<w:sdt><w:sdtContent><w:${name}>${run('30 days')}</w:${name}></w:sdtContent></w:sdt></w:${name}>`;
    expect(await textIn(docx(`<w:p>${run('Paid ')}${wrapped}</w:p>`), 'docx')).toBe('Paid net 30 days');
  });

  test('is read without what is not seen: text taken out, hidden, or the code of a field', async () => {
    const body = [
      `<w:del><w:r><w:delText>a</w:delText></w:r></w:del><w:moveFrom>${run('b')}</w:moveFrom>`,
      '<w:r><w:rPr><w:vanish/></w:rPr><w:t>c</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>seen </w:t></w:r>',
      `${field('begin')}<w:r><w:instrText>IF</w:instrText></w:r>${field('begin')}${field('separate')}${run('d')}${field('end')}${field('separate')}${run('result')}${field('end')}`,
    ];
    expect(await textIn(docx(`<w:p>${body.join('')}</w:p>`), 'docx')).toBe('seen result');
  });

  test('says which boxes are ticked and what is chosen, in controls and in older forms', async () => {
    const box = (data: string) =>
      `${field('begin', `<w:ffData><w:checkBox>${data}</w:checkBox></w:ffData>`)}${field('end')}`;
    const list =
      '<w:ddList><w:result w:val="1"/><w:listEntry w:val="Red"/><w:listEntry w:val="Blue"/></w:ddList>';
    const body = `<w:p>${box('<w:default w:val="0"/><w:checked/>')}${run('A ')}${box('<w:default w:val="0"/>')}${run('B ')}${field('begin', `<w:ffData>${list}</w:ffData>`)}${field('end')}</w:p>`;
    expect(await textIn(docx(`${body}${control('true')}${control('0')}`), 'docx')).toBe(
      '☒A ☐B Blue\n\n☒\n\n☐',
    );
  });

  test('is read in its text boxes, once, and where only the newer form of a box is there', async () => {
    const newer = `<w:drawing><wps:txbx>${textBox('in the box')}</wps:txbx></w:drawing>`;
    const both = `<mc:AlternateContent><mc:Choice Requires="wps">${newer}</mc:Choice><mc:Fallback><w:pict><v:textbox>${textBox('in the box')}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>`;
    const older = `<mc:AlternateContent><mc:Choice Requires="wps"/><mc:Fallback><w:pict><v:shape><v:textpath string="DRAFT"/></v:shape></w:pict></mc:Fallback></mc:AlternateContent>`;
    const body = `<w:p>${run('before')}<w:r>${both}</w:r>${run(' and after')}<w:r>${newer}${older}</w:r></w:p>`;
    expect(await textIn(docx(body), 'docx')).toBe('before and after\n\nin the box\n\nin the box\n\nDRAFT');
  });

  test('is read in parts of any name: headers, footers, notes and diagrams', async () => {
    const body = `${paragraph('The text')}<w:p><w:r><w:drawing><dgm:relIds r:dm="r3"/></w:drawing></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>`;
    const { text } = await read(
      docx(body, {
        'word/_rels/document.xml.rels': relationships({
          'h9.xml': 'header',
          'elsewhere.xml': 'unknown',
          '/word/f.xml': 'footer',
          'd/data7.xml': 'diagramData',
          'n.xml': 'footnotes',
        }),
        'word/h9.xml': `<w:hdr NS>${paragraph('Offer')}</w:hdr>`,
        'word/elsewhere.xml': '<no/>',
        'word/f.xml': `<w:ftr NS>${paragraph('Payable in 14 days')}</w:ftr>`,
        'word/d/data7.xml':
          '<dgm:dataModel NS><dgm:t><a:p><a:r><a:t>Plan</a:t></a:r></a:p></dgm:t></dgm:dataModel>',
        'word/n.xml': `<w:footnotes NS><w:footnote w:id="2"><w:p><w:fldSimple>${run('12 % off')}</w:fldSimple></w:p></w:footnote></w:footnotes>`,
      }),
      'docx',
    );
    expect(text).toMatch(/^Offer\n\nThe text\n\n\[1\]\n\nPlan\n\nPayable in 14 days\n\n1\. 12 % off/);
  });

  test('names what is not read, with its page: pictures, charts, objects and comments', async () => {
    const body = `<w:p>${run('one')}<w:r><w:drawing><a:blip/></w:drawing></w:r><w:r><w:br w:type="page"/></w:r>${run('two')}<w:r><w:drawing><c:chart/></w:drawing><w:object><v:imagedata/></w:object><w:commentReference w:id="1"/></w:r></w:p>`;
    const { text, gaps } = await read(docx(body), 'docx');
    expect(text).toBe('onetwo');
    expect(gaps).toEqual(['1 picture', '2 chart', '2 embedded_object', '2 comment']);
  });

  test('names no logos: small pictures, and those of headers and footers', async () => {
    const page = '<w:r><w:br w:type="page"/></w:r>';
    const body = `<w:p>${run('Text')}${drawing(120, 80)}${page}${run('more')}${drawing(200, 120)}</w:p>`;
    const header = `<w:hdr NS><w:p>${run('Offer')}${drawing(500, 200)}</w:p></w:hdr>`;
    const rels = { 'word/_rels/document.xml.rels': relationships({ 'h.xml': 'header' }) };
    expect((await read(docx(body, { ...rels, 'word/h.xml': header }), 'docx')).gaps).toEqual(['2 picture']);
  });

  test('names a diagram whose text is not in the file', async () => {
    const body = '<w:p><w:r><w:drawing><dgm:relIds r:dm="none"/></w:drawing></w:r></w:p>';
    expect((await read(docx(body), 'docx')).gaps).toEqual(['1 chart']);
  });

  test('has formulas in one line', async () => {
    const formula = `<m:oMath><m:f><m:num>${math('a+b')}</m:num><m:den>${math('c')}</m:den></m:f>${math('=')}<m:sSup><m:e>${math('x')}</m:e><m:sup>${math('2')}</m:sup></m:sSup></m:oMath>`;
    expect(await textIn(docx(`<w:p>${formula}</w:p>`), 'docx')).toBe('(a+b)/(c)=x^(2)');
  });

  test('that breaks off within a part is damaged', async () => {
    const { end } = await read(docxOf('<w:p><w:r><w:t>half of<!--'), 'docx');
    expect(end).toMatchObject({ code: 'document_damaged' });
  });
});

/** A PDF of one page with these annotations, and what else its objects are; `page` are further entries of the page. */
function annotated(
  annotations: readonly string[],
  {
    words = pageSaying('Text'),
    page = '',
    catalogue = '',
    more = [],
  }: {
    words?: ReturnType<typeof pageSaying>;
    page?: string;
    catalogue?: string;
    more?: Parameters<typeof pdfOf>[0];
  } = {},
): Buffer {
  const font = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>';
  return pdfOf([
    `<< /Type /Catalog /Pages 2 0 R ${catalogue} >>`,
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] ${page} /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> /Properties << /Off 6 0 R /On 7 0 R >> >> /Annots [${annotations.map((one) => `<< /Type /Annot /Rect [104 696 284 712] ${one} >>`).join(' ')}] >>`,
    words,
    font,
    ...more,
  ]);
}
const appearance = (text: string) => ({
  dictionary: '/Type /XObject /Subtype /Form /BBox [0 0 180 16] /Resources << /Font << /F1 5 0 R >> >>',
  stream: Buffer.from(`BT /F1 12 Tf 2 4 Td (${text}) Tj ET`),
});

const group = (name: string) => `<< /Type /OCG /Name (${name}) >>`;

describe('a PDF', () => {
  test.each([
    [
      'what is typed into a comb',
      '/Subtype /Widget /FT /Tx /T (a) /V (AB 12) /Ff 16777216 /MaxLen 8',
      'Text AB 12',
    ],
    ['lines of a field', '/Subtype /Widget /FT /Tx /T (a) /V (one\\rtwo) /Ff 4096', 'Text one\ntwo'],
    [
      'what is chosen',
      '/Subtype /Widget /FT /Ch /T (a) /Ff 131072 /Opt [[(n) (North)] [(s) (South)]] /V (s)',
      'Text South',
    ],
    [
      'a ticked box',
      '/Subtype /Widget /FT /Btn /T (a) /V /Yes /AS /Yes /AP << /N << /Yes 6 0 R /Off 6 0 R >> >>',
      'Text ☒',
    ],
    [
      'an empty box',
      '/Subtype /Widget /FT /Btn /T (a) /V /Off /AS /Off /AP << /N << /Yes 6 0 R /Off 6 0 R >> >>',
      'Text ☐',
    ],
    [
      'a radio button',
      '/Subtype /Widget /FT /Btn /T (a) /Ff 32768 /V /B /AS /B /AP << /N << /B 6 0 R /Off 6 0 R >> >>',
      'Text ☒',
    ],
    ['what a stamp alone paints', '/Subtype /Stamp /AP << /N 6 0 R >>', 'Text painted'],
    [
      'typed-on text without an appearance',
      '/Subtype /FreeText /DA (/F1 9 Tf) /Contents (plus VAT)',
      'Text plus VAT',
    ],
    ['nothing of a hidden field', '/Subtype /Widget /FT /Tx /T (a) /V (hidden) /F 2', 'Text'],
    ['nothing of a password', '/Subtype /Widget /FT /Tx /T (a) /V (secret) /Ff 8192', 'Text'],
  ])('is read with %s', async (_, annotation, words) => {
    const { text, gaps } = await read(annotated([annotation], { more: [appearance('painted')] }), 'pdf');
    expect({ text, gaps }).toEqual({ text: words, gaps: [] });
  });

  test('names notes, embedded files and stamps without words', async () => {
    const blank = { ...appearance(''), stream: Buffer.from('0 0 9 9 re f') };
    const file = annotated(
      [
        '/Subtype /Text /Contents (Too dear)',
        '/Subtype /FileAttachment',
        '/Subtype /Stamp /AP << /N 6 0 R >>',
      ],
      { more: [blank] },
    );
    expect((await read(file, 'pdf')).gaps).toEqual(['1 comment', '1 embedded_object', '1 annotation']);
  });

  test('names attached files, and a form that only some programs show', async () => {
    const files = '<< /Names [(a.xml) << /Type /Filespec /F (a.xml) /EF << /F 6 0 R >> >>] >>';
    const catalogue = `/Names << /EmbeddedFiles ${files} >> /AcroForm << /Fields [] /XFA 6 0 R >>`;
    const more = [{ dictionary: '', stream: Buffer.from('<xdp/>') }];
    const { gaps } = await read(annotated([], { catalogue, more }), 'pdf');
    expect(gaps).toEqual(['1 embedded_object', '1 annotation']);
  });

  test.each([
    ['painted from left to right', '<0403> Tj 40 0 Td <0201> Tj'],
    [
      'written as it is read, each sign before the last',
      '1 0 0 1 64 700 Tm <01> Tj 1 0 0 1 58 700 Tm <02> Tj 1 0 0 1 26 700 Tm <03> Tj 1 0 0 1 20 700 Tm <04> Tj',
    ],
  ])('from right to left is in reading order: %s', async (_, shown) => {
    const map =
      '/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange 4 beginbfchar <01> <05D0> <02> <05D1> <03> <05D2> <04> <05D3> endbfchar endcmap end';
    const file = pageOf(
      { dictionary: '', stream: Buffer.from(`BT /F1 12 Tf 20 700 Td ${shown} ET`) },
      [{ dictionary: '', stream: Buffer.from(map) }],
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 1 /LastChar 4 /Widths [500 500 500 500] /ToUnicode 6 0 R >>',
    );
    const { text, confidence, gaps } = await read(file, 'pdf');
    expect({ text, confidence, gaps }).toEqual({ text: 'אב   גד', confidence: 1, gaps: [] });
  });

  test('that is turned has its lines and its fields as they are seen', async () => {
    const stream = Buffer.from(
      'BT /F1 12 Tf 0 1 -1 0 92 72 Tm (Client:) Tj 0 1 -1 0 112 72 Tm (Fee: 5) Tj ET',
    );
    const typed = '/Subtype /Widget /FT /Tx /T (a) /V (Northwind) /MK << /R 90 >>';
    const file = annotated([typed], {
      words: { dictionary: '', stream },
      page: '/Rotate 90',
    });
    const placed = Buffer.from(
      file.toString('latin1').replace('/Rect [104 696 284 712]', '/Rect [80 130 096 300] '),
      'latin1',
    );
    expect(await textIn(placed, 'pdf')).toBe('Client: Northwind\nFee: 5');
  });

  test('is read without layers that are switched off', async () => {
    const stream = Buffer.from(
      'BT /F1 12 Tf 72 700 Td (seen) Tj ET /OC /Off BDC BT /F1 12 Tf 72 680 Td (off) Tj ET EMC /OC /On BDC BT /F1 12 Tf 72 660 Td (on too) Tj ET EMC',
    );
    const file = annotated([], {
      words: { dictionary: '', stream },
      catalogue: '/OCProperties << /OCGs [6 0 R 7 0 R] /D << /OFF [6 0 R] >> >>',
      more: [group('a'), group('b')],
    });
    expect(await textIn(file, 'pdf')).toBe('seen\n\non too');
  });
});
