import { readFileSync } from 'node:fs';
import type * as Docx from 'docx';
import type { MadeFile, ScopeDocument } from '../document/model.ts';
import {
  hexDigits,
  childrenOf,
  type DocxStyle,
  lines,
  numberingOf,
  TEXT_WIDTH,
  textOf,
} from './docx-blocks.ts';
import { coverOf, PAGE_HEIGHT, VERTICAL_MARGINS } from './docx-cover.ts';
import { DOCX_FONT } from './fonts.ts';
import { paletteOf } from './palette.ts';
import { Coverage } from './scripts.ts';
import { strFromU8, strToU8, unzipSync, zipSync, type Zippable } from 'fflate';

/**
 * A document as DOCX: cover, a table of contents that Word fills when the file is opened and that has its entries until then, headings
 * numbered by Word, tables whose heads repeat. Inter is embedded; the bytes are the same for the same document.
 */
export async function docxOf(document: ScopeDocument): Promise<MadeFile> {
  const docx = await import('docx');
  const { estimatePageNumbersWith } = await import('docx/layout');
  if (!isEstimated(document)) return writeDocx(document, docx, undefined);
  // The estimate lays the document out as Word would, and guesses how wide characters are that Inter lacks: without a guess all entries below
  // the first of them stay empty, in each program but Word. One that it can't read has entries without numbers until Word fills them.
  const estimate = estimatePageNumbersWith({ guess: true });
  return writeDocx(document, docx, estimate).catch(() => writeDocx(document, docx, undefined));
}

/** Most that the squares of the lengths of long words come to together: about a second's work of the estimate. */
const MOST_SQUARES = 5_000_000;

/**
 * Page numbers of longer documents are left to Word: their estimate takes as long as all the rest. Those of one with words of no language
 * too, for which it looks for a place to break by the square of their length; an address of some hundred letters is none of these.
 */
function isEstimated({ parts, title }: ScopeDocument): boolean {
  const text = JSON.stringify([title, parts]);
  const long = text.match(/[^\s"]{200,}/g) ?? [];
  return text.length < 100_000 && long.reduce((sum, { length }) => sum + length ** 2, 0) < MOST_SQUARES;
}

async function writeDocx(
  document: ScopeDocument,
  docx: typeof Docx,
  pageNumbers: Docx.IPropertiesOptions['pageNumbers'],
): Promise<MadeFile> {
  const { words, tag } = document.language;
  const coverage = new Coverage(['Inter']);
  const style: DocxStyle = { docx, palette: paletteOf(document.branding), coverage, lists: new Map() };
  const children = [
    ...coverOf(document, style),
    ...contents(words.contents, style),
    ...summaryOf(document, style),
    ...document.parts.flatMap(({ title, blocks }) => [
      firstHeading(textOf(title, style), style, { numbering: { reference: 'headings', level: 0 } }),
      ...childrenOf(blocks, style),
    ]),
  ];
  const file = new docx.Document({
    ...(pageNumbers === undefined ? {} : { pageNumbers }),
    title: document.title,
    creator: document.workspace,
    lastModifiedBy: document.workspace,
    description: words.kind,
    styles: stylesOf(tag, style),
    numbering: numberingOf(style),
    fonts: [fontOf()],
    sections: [
      {
        properties: {
          titlePage: true,
          page: {
            size: { width: 11_906, height: PAGE_HEIGHT },
            margin: { ...VERTICAL_MARGINS, left: 1_134, right: 1_134, header: 640, footer: 560 },
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
  const bytes = fixDates(await docx.Packer.toBuffer(file), document.instant);
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

function stylesOf(tag: string, { palette }: DocxStyle): Docx.IStylesOptions {
  const headingStyle = (size: number, before: number, after: number) => ({
    run: { font: 'Inter', size, bold: true, color: hexDigits(palette.heading) },
    paragraph: { spacing: { before, after, ...lines(276) }, keepNext: true, keepLines: true },
  });
  return {
    default: {
      document: {
        run: { font: 'Inter', size: 20, color: hexDigits(palette.text), language: { value: tag } },
        paragraph: { spacing: { after: 140, ...lines(312) } },
      },
      heading1: headingStyle(34, 440, 180),
      heading2: headingStyle(24, 260, 110),
      heading3: {
        ...headingStyle(21, 200, 80),
        run: { font: 'Inter', size: 21, bold: true, color: hexDigits(palette.text) },
      },
    },
    paragraphStyles: [contentsLine('TOC1', 0, { bold: true }), contentsLine('TOC2', 300, {})],
  };
}

function firstHeading(children: Docx.TextRun[], { docx }: DocxStyle, more: object): Docx.Paragraph {
  return new docx.Paragraph({ heading: docx.HeadingLevel.HEADING_1, children, ...more });
}

function contents(title: string, style: DocxStyle): (Docx.Paragraph | Docx.TableOfContents)[] {
  const { docx, palette } = style;
  return [
    new docx.Paragraph({
      pageBreakBefore: true,
      children: textOf(title, style, { bold: true, size: 34, color: hexDigits(palette.heading) }),
      spacing: { after: 200 },
    }),
    new docx.TableOfContents(title, { hyperlink: true, headingStyleRange: '1-2', beginDirty: true }),
    new docx.Paragraph({ children: [new docx.PageBreak()] }),
  ];
}

function summaryOf({ summary, language: { words } }: ScopeDocument, style: DocxStyle): Docx.Paragraph[] {
  if (summary === null) return [];
  const { docx } = style;
  return [
    firstHeading(textOf(words.summary, style), style, {}),
    ...summary.split(/\n{2,}/).map((text) => new docx.Paragraph({ children: textOf(text, style) })),
  ];
}

/** The left and the right of one line. */
function twoSides(left: Docx.TextRun[], right: Docx.TextRun[], { docx }: DocxStyle): Docx.IParagraphOptions {
  return {
    children: [...left, new docx.TextRun({ text: '\t' }), ...right],
    tabStops: [{ type: docx.TabStopType.RIGHT, position: TEXT_WIDTH }],
    spacing: { before: 0, after: 0 },
  };
}

const shorten = (text: string, most: number) =>
  text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;

function header({ title, workspace }: ScopeDocument, style: DocxStyle): Docx.Header {
  const { docx, palette } = style;
  const small = { size: 16, color: hexDigits(palette.muted) };
  const sides = twoSides(
    textOf(shorten(title, 70), style, small),
    textOf(shorten(workspace, 40), style, small),
    style,
  );
  const line = { style: docx.BorderStyle.SINGLE, size: 4, color: hexDigits(palette.line), space: 4 };
  return new docx.Header({ children: [new docx.Paragraph({ ...sides, border: { bottom: line } })] });
}

function footer({ version, date, branding, language }: ScopeDocument, style: DocxStyle): Docx.Footer {
  const { words, number } = language;
  const { docx, palette } = style;
  const small = { size: 16, color: hexDigits(palette.muted) };
  const left = `${words.version} ${number(version)} · ${date}${branding.mark ? ` · ${words.mark}` : ''}`;
  const { CURRENT, TOTAL_PAGES } = docx.PageNumber;
  const right = [
    new docx.TextRun({ ...small, children: [`${words.page} `, CURRENT, ` ${words.of} `, TOTAL_PAGES] }),
  ];
  return new docx.Footer({
    children: [new docx.Paragraph(twoSides(textOf(left, style, small), right, style))],
  });
}

/** The instant that ZIP entries are said to be of; ZIP knows no earlier year. */
const ENTRY_TIME = '1980-01-02T00:00:00Z';

/** A DOCX whose bytes say nothing of when it was made: its properties have the document's instant, its entries all the same one. */
function fixDates(file: Uint8Array, instant: string): Uint8Array {
  const entries = unzipSync(file);
  const zippable: Zippable = {};
  for (const name of Object.keys(entries)) {
    const bytes = entries[name] ?? new Uint8Array();
    zippable[name] = [
      name === 'docProps/core.xml' ? fixCoreDates(bytes, instant) : bytes,
      { mtime: ENTRY_TIME, level: 6 },
    ];
  }
  return zipSync(zippable);
}

function fixCoreDates(core: Uint8Array, instant: string): Uint8Array {
  const seconds = `${instant.slice(0, 19)}Z`;
  return strToU8(strFromU8(core).replaceAll(/(<dcterms:(?:created|modified)[^>]*>)[^<]*/g, `$1${seconds}`));
}
