import { readFileSync } from 'node:fs';
import type * as Docx from 'docx';
import type { Logo, MadeFile, ScopeDocument } from '../document/model.ts';
import { WORDS } from '../document/words.ts';
import { bare, childrenOf, type DocxStyle, lines, numberingOf, TEXT_WIDTH, textOf } from './docx-blocks.ts';
import { DOCX_FONT } from './fonts.ts';
import { MARK_PNG } from './mark.ts';
import { paletteOf } from './palette.ts';
import { Coverage } from './scripts.ts';
import { settled } from './settled.ts';

/**
 * A document as DOCX: cover, a table of contents that Word fills when the file is opened and that has its entries until then, headings
 * numbered by Word, tables whose heads repeat. Inter is embedded; the bytes are the same for the same document.
 */
export async function docxOf(document: ScopeDocument): Promise<MadeFile> {
  const docx = await import('docx');
  const { estimatePageNumbers } = await import('docx/layout');
  if (!isEstimated(document)) return written(document, docx, undefined);
  // The estimate lays the document out as Word would. One that it can't read has entries without numbers until Word fills them.
  return written(document, docx, estimatePageNumbers).catch(() => written(document, docx, undefined));
}

/**
 * Page numbers of longer documents are left to Word: their estimate takes as long as all the rest. Those of one with a word of no language
 * too, for which it looks for a place to break by the square of its length.
 */
function isEstimated({ parts, title }: ScopeDocument): boolean {
  const text = JSON.stringify([title, parts]);
  return text.length < 100_000 && !/[^\s"]{200}/.test(text);
}

async function written(
  document: ScopeDocument,
  docx: typeof Docx,
  pageNumbers: Docx.IPropertiesOptions['pageNumbers'],
): Promise<MadeFile> {
  const coverage = new Coverage(['Inter']);
  const style: DocxStyle = { docx, palette: paletteOf(document.branding), coverage, lists: new Map() };
  const children = [
    ...cover(document, style),
    ...contents(style),
    ...summaryOf(document, style),
    ...document.parts.flatMap(({ title, blocks }) => [
      first(textOf(title, style), style, { numbering: { reference: 'headings', level: 0 } }),
      ...childrenOf(blocks, style),
    ]),
  ];
  const file = new docx.Document({
    ...(pageNumbers === undefined ? {} : { pageNumbers }),
    title: document.title,
    creator: document.workspace,
    lastModifiedBy: document.workspace,
    description: WORDS.kind,
    styles: stylesOf(style),
    numbering: numberingOf(style),
    fonts: [fontOf()],
    sections: [
      {
        properties: {
          titlePage: true,
          page: {
            size: { width: 11_906, height: 16_838 },
            margin: { top: 1_500, bottom: 1_300, left: 1_134, right: 1_134, header: 640, footer: 560 },
          },
        },
        headers: {
          default: header(document, style),
          first: new docx.Header({ children: [new docx.Paragraph({})] }),
        },
        footers: {
          default: footer(document, style),
          first: new docx.Footer({ children: [new docx.Paragraph({})] }),
        },
        children,
      },
    ],
  });
  const bytes = settled(await docx.Packer.toBuffer(file), document.instant);
  return { bytes, missing: coverage.missing.map((missing) => ({ ...missing, what: 'font' as const })) };
}

function fontOf() {
  return {
    name: 'Inter',
    data: readFileSync(DOCX_FONT.normal),
    bold: readFileSync(DOCX_FONT.bold),
    italic: readFileSync(DOCX_FONT.italics),
  };
}

const contentsLine = (id: string, indent: number, run: object) => ({
  id,
  name: `toc ${id.slice(3)}`,
  basedOn: 'Normal',
  run,
  paragraph: { indent: { left: indent }, spacing: { before: indent === 0 ? 100 : 0, after: 30 } },
});

function stylesOf({ palette }: DocxStyle): Docx.IStylesOptions {
  const heading = (size: number, before: number, after: number) => ({
    run: { font: 'Inter', size, bold: true, color: bare(palette.heading) },
    paragraph: { spacing: { before, after, ...lines(276) }, keepNext: true, keepLines: true },
  });
  return {
    default: {
      document: {
        run: { font: 'Inter', size: 20, color: bare(palette.text), language: { value: 'en-US' } },
        paragraph: { spacing: { after: 140, ...lines(312) } },
      },
      heading1: heading(34, 440, 180),
      heading2: heading(24, 260, 110),
      heading3: {
        ...heading(21, 200, 80),
        run: { font: 'Inter', size: 21, bold: true, color: bare(palette.text) },
      },
    },
    paragraphStyles: [contentsLine('TOC1', 0, { bold: true }), contentsLine('TOC2', 300, {})],
  };
}

function first(children: Docx.TextRun[], { docx }: DocxStyle, more: object): Docx.Paragraph {
  return new docx.Paragraph({ heading: docx.HeadingLevel.HEADING_1, children, ...more });
}

/** A logo within 250 by 84 pixels, never larger than it is. */
function logoOf({ type, bytes, width, height }: Logo, { docx }: DocxStyle): Docx.ImageRun {
  const scale = Math.min(250 / width, 84 / height, 1);
  return new docx.ImageRun({
    type,
    data: bytes,
    transformation: {
      width: Math.max(1, Math.round(width * scale)),
      height: Math.max(1, Math.round(height * scale)),
    },
  });
}

function markOf(style: DocxStyle): (Docx.ImageRun | Docx.TextRun)[] {
  const { docx, palette } = style;
  const data = Buffer.from(MARK_PNG, 'base64');
  return [
    new docx.ImageRun({ type: 'png', data, transformation: { width: 16, height: 16 } }),
    new docx.TextRun({ text: `  ${WORDS.mark}`, size: 17, color: bare(palette.muted) }),
  ];
}

function cover(document: ScopeDocument, style: DocxStyle): (Docx.Paragraph | Docx.Table)[] {
  const { docx, palette } = style;
  const { title, workspace, client, branding } = document;
  const [size, width] = title.length > 140 ? [36, 52] : title.length > 70 ? [46, 40] : [58, 31];
  // What the title takes, in its lines of so many letters, the facts below it give.
  const below = 4_000 - (Math.ceil(title.length / width) - 1) * size * 12;
  const bar = { left: { style: docx.BorderStyle.SINGLE, size: 36, color: bare(palette.accent), space: 14 } };
  const beside = { border: bar, indent: { left: 320 } };
  return [
    new docx.Paragraph({
      children:
        branding.logo === null
          ? textOf(workspace, style, { bold: true, size: 26, color: bare(palette.heading) })
          : [logoOf(branding.logo, style)],
      spacing: { before: 0, after: 3_000 },
    }),
    new docx.Paragraph({
      ...beside,
      children: [
        new docx.TextRun({
          text: WORDS.kind.toUpperCase(),
          bold: true,
          size: 20,
          color: bare(palette.accent),
          characterSpacing: 30,
        }),
      ],
      spacing: { after: 120 },
    }),
    new docx.Paragraph({
      ...beside,
      children: textOf(title, style, { bold: true, size, color: bare(palette.heading) }),
      spacing: { after: 160, ...lines(276) },
    }),
    new docx.Paragraph({
      ...beside,
      children:
        client === null
          ? []
          : textOf(`${WORDS.preparedFor} ${client}`, style, { size: 26, color: bare(palette.muted) }),
      spacing: { after: Math.max(600, below) },
    }),
    factsOf(document, style),
    new docx.Paragraph({ children: branding.mark ? markOf(style) : [], spacing: { before: 900, after: 0 } }),
  ];
}

function factsOf(document: ScopeDocument, style: DocxStyle): Docx.Table {
  const { docx, palette } = style;
  const facts: (readonly [string, string | null])[] = [
    [WORDS.preparedFor, document.client],
    [WORDS.preparedBy, document.workspace],
    [WORDS.project, document.project],
    [WORDS.date, document.date],
    [WORDS.version, String(document.version)],
    [WORDS.status, document.status],
  ];
  const line = { style: docx.BorderStyle.SINGLE, size: 4, color: bare(palette.line) };
  const none = { style: docx.BorderStyle.NONE, size: 0, color: 'auto' };
  const [label, value] = [2_000, TEXT_WIDTH - 2_000];
  const cell = (children: Docx.TextRun[], size: number) =>
    new docx.TableCell({
      width: { size, type: docx.WidthType.DXA },
      children: [new docx.Paragraph({ children, spacing: { before: 0, after: 0, ...lines(264) } })],
    });
  return new docx.Table({
    width: { size: TEXT_WIDTH, type: docx.WidthType.DXA },
    columnWidths: [label, value],
    layout: docx.TableLayoutType.FIXED,
    margins: { top: 90, bottom: 90, left: 0, right: 100 },
    borders: {
      top: line,
      bottom: line,
      insideHorizontal: line,
      left: none,
      right: none,
      insideVertical: none,
    },
    rows: facts.flatMap(([name, text]) =>
      text === null
        ? []
        : [
            new docx.TableRow({
              cantSplit: true,
              children: [
                cell(textOf(name, style, { size: 17, color: bare(palette.muted) }), label),
                cell(textOf(text, style), value),
              ],
            }),
          ],
    ),
  });
}

function contents(style: DocxStyle): (Docx.Paragraph | Docx.TableOfContents)[] {
  const { docx, palette } = style;
  return [
    new docx.Paragraph({
      pageBreakBefore: true,
      children: textOf(WORDS.contents, style, { bold: true, size: 34, color: bare(palette.heading) }),
      spacing: { after: 200 },
    }),
    new docx.TableOfContents(WORDS.contents, { hyperlink: true, headingStyleRange: '1-2', beginDirty: true }),
    new docx.Paragraph({ children: [new docx.PageBreak()] }),
  ];
}

function summaryOf({ summary }: ScopeDocument, style: DocxStyle): Docx.Paragraph[] {
  if (summary === null) return [];
  const { docx } = style;
  return [
    first(textOf(WORDS.summary, style), style, {}),
    ...summary.split(/\n{2,}/).map((text) => new docx.Paragraph({ children: textOf(text, style) })),
  ];
}

/** What stands on the left and on the right of one line. */
function twoSides(left: Docx.TextRun[], right: Docx.TextRun[], { docx }: DocxStyle): Docx.IParagraphOptions {
  return {
    children: [...left, new docx.TextRun({ text: '\t' }), ...right],
    tabStops: [{ type: docx.TabStopType.RIGHT, position: TEXT_WIDTH }],
    spacing: { before: 0, after: 0 },
  };
}

const shortened = (text: string, most: number) =>
  text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;

function header({ title, workspace }: ScopeDocument, style: DocxStyle): Docx.Header {
  const { docx, palette } = style;
  const small = { size: 16, color: bare(palette.muted) };
  const sides = twoSides(
    textOf(shortened(title, 70), style, small),
    textOf(shortened(workspace, 40), style, small),
    style,
  );
  const line = { style: docx.BorderStyle.SINGLE, size: 4, color: bare(palette.line), space: 4 };
  return new docx.Header({ children: [new docx.Paragraph({ ...sides, border: { bottom: line } })] });
}

function footer({ version, date, branding }: ScopeDocument, style: DocxStyle): Docx.Footer {
  const { docx, palette } = style;
  const small = { size: 16, color: bare(palette.muted) };
  const left = `${WORDS.version} ${version} · ${date}${branding.mark ? ` · ${WORDS.mark}` : ''}`;
  const { CURRENT, TOTAL_PAGES } = docx.PageNumber;
  const right = [new docx.TextRun({ ...small, children: ['Page ', CURRENT, ' of ', TOTAL_PAGES] })];
  return new docx.Footer({
    children: [new docx.Paragraph(twoSides(textOf(left, style, small), right, style))],
  });
}
