import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { factsOf } from '../document/cover.ts';
import type { DocumentPart, Logo, MadeFile, MissingContent, ScopeDocument } from '../document/model.ts';
import { linesIn } from '../document/text.ts';
import type { Words } from '../document/words.ts';
import { FONTS, withoutRepeats } from './fonts.ts';
import { EVEN_DIGITS, type Node, nodeOf, type Numbering, plainText, type PdfStyle } from './pdf-blocks.ts';
import { MARK_PNG } from './mark.ts';
import { furniture, type LayoutBuilder, markWhatIsDrawn, type Renderer, tagNodes } from './pdf-tags.ts';
import { paletteOf } from './palette.ts';
import { Coverage, missingSentence } from './scripts.ts';

/** A4 in points, and its margins: 2 cm and more at the sides. */
const PAGE = { width: 595.28, height: 841.89 };
const MARGINS = [56, 78, 56, 64] as const;
const WIDTH = PAGE.width - MARGINS[0] - MARGINS[2];

/**
 * A document as PDF: cover, contents with page numbers, numbered sections. Nothing is fetched, and no file is read but the fonts. The bytes
 * are the same for the same document.
 */
export async function pdfOf(document: ScopeDocument): Promise<MadeFile> {
  const pdfmake = await (loading ??= load());
  const files = new Set<string>(Object.values(FONTS.Chinese ?? {}));
  for (const path of Object.values(FONTS.Inter))
    pdfmake.virtualfs.writeFileSync(path, withoutRepeats(readFileSync(path)));
  pdfmake.setFonts(FONTS);
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy((path) => files.has(path));
  const style = { palette: paletteOf(document.branding), coverage: new Coverage(['Inter', 'Chinese']) };
  const bytes = await pdfmake.createPdf(definitionOf(document, style)).getBuffer();
  return { bytes, missing: style.coverage.missing };
}

interface PdfModule<Class> {
  readonly default: { readonly prototype: Class };
}

let loading: ReturnType<typeof load> | undefined;

async function load() {
  const { default: pdfmake } = await import('pdfmake');
  const require = createRequire(import.meta.url);
  const renderer: PdfModule<Renderer> = require('pdfmake/js/Renderer.js');
  const builder: PdfModule<LayoutBuilder> = require('pdfmake/js/LayoutBuilder.js');
  markWhatIsDrawn(renderer.default.prototype, builder.default.prototype);
  return pdfmake;
}

function definitionOf(document: ScopeDocument, style: PdfStyle): object {
  const { palette } = style;
  const parts = document.parts.map((part, n) => partNodes(part, n + 1, style));
  const summary =
    document.summary === null ? [] : summaryNodes(document.summary, document.language.words, style);
  const body = [...summary, ...parts.flat()];
  // Everything that is shown has been looked at here, the cover too.
  const cover = coverNodes(document, style);
  const running = runningTitle(document, style);
  const { missing } = style.coverage;
  return {
    pageSize: 'A4',
    pageMargins: [...MARGINS],
    language: document.language.tag,
    displayTitle: true,
    version: '1.7',
    tagged: true,
    info: infoOf(document),
    defaultStyle: { font: 'Inter', fontSize: 9.8, lineHeight: 1.38, color: palette.text },
    styles: stylesOf(style),
    images: imagesOf(document),
    background: (page: number) => (page === 1 ? coverBand(style) : null),
    header: (page: number) => furniture(page === 1 ? null : running()),
    footer: (page: number, pages: number) =>
      furniture(page === 1 ? coverFoot(document) : footerOf(document, { page, pages })),
    content: tagNodes(
      [
        ...cover,
        ...contentsNodes(missing, document.language.words, style),
        ...body.map((node, n) => (n === 0 ? { ...node, pageBreak: 'before' } : node)),
      ],
      document.workspace,
    ),
    pageBreakBefore: strandedHeadings(document),
  };
}

function infoOf(document: ScopeDocument): Node {
  const instant = new Date(document.instant);
  return {
    title: document.title,
    author: document.workspace,
    subject: document.language.words.kind,
    creator: 'Orbit',
    producer: 'Orbit',
    creationDate: instant,
    modDate: instant,
  };
}

function stylesOf({ palette }: PdfStyle): Node {
  return {
    first: { fontSize: 17, bold: true, color: palette.heading, lineHeight: 1.15, margin: [0, 20, 0, 9] },
    second: { fontSize: 12, bold: true, color: palette.heading, lineHeight: 1.2, margin: [0, 10, 0, 5] },
    third: { fontSize: 10.3, bold: true, color: palette.text, lineHeight: 1.2, margin: [0, 8, 0, 4] },
    tocFirst: { fontSize: 10.5, bold: true, color: palette.text, lineHeight: 1.3 },
    tocSecond: { fontSize: 9.6, color: palette.text, lineHeight: 1.2 },
    label: { fontSize: 8.2, color: palette.muted, lineHeight: 1.2 },
    running: { fontSize: 8, color: palette.muted, lineHeight: 1.1 },
  };
}

const dataUrl = (type: 'png' | 'jpeg', bytes: Uint8Array) =>
  `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;

function imagesOf({ branding }: ScopeDocument): Readonly<Record<string, string>> {
  const { logo, mark } = branding;
  return {
    ...(logo === null ? {} : { logo: dataUrl(logo.type === 'png' ? 'png' : 'jpeg', logo.bytes) }),
    ...(mark ? { mark: `data:image/png;base64,${MARK_PNG}` } : {}),
  };
}

function coverBand({ palette }: PdfStyle): Node {
  return {
    canvas: [
      { type: 'rect', x: 0, y: 0, w: 18, h: PAGE.height, color: palette.band },
      { type: 'rect', x: 18, y: 0, w: 4, h: PAGE.height, color: palette.accent },
    ],
  };
}

/** A logo within 190 by 64 points, never larger than it is at 96 dots an inch. */
function logoNode({ width, height }: Logo): Node {
  const scale = Math.min(190 / width, 64 / height, 0.75);
  return { image: 'logo', width: width * scale, height: height * scale };
}

function coverNodes(document: ScopeDocument, style: PdfStyle): Node[] {
  const { title, workspace, branding } = document;
  const { words } = document.language;
  const { palette } = style;
  const size = title.length > 140 ? 18 : title.length > 70 ? 23 : 29;
  // Lines that names take past their first: the facts are placed, and what passes the foot of the page is lost.
  const more = [document.client, workspace, document.project].reduce(
    (sum, name) => sum + Math.max(0, linesIn(name ?? '', 58) - 1) * 14,
    0,
  );
  const top =
    branding.logo === null
      ? { text: plainText(workspace, style), fontSize: 13, bold: true, color: palette.heading }
      : logoNode(branding.logo);
  return [
    { stack: [top], absolutePosition: { x: MARGINS[0] + 14, y: 74 } },
    {
      text: words.kind.toUpperCase(),
      fontSize: 10,
      bold: true,
      characterSpacing: 1.6,
      color: palette.accent,
      margin: [14, Math.max(70, 168 - more), 0, 12],
    },
    {
      text: plainText(title, style),
      fontSize: size,
      bold: true,
      lineHeight: 1.15,
      color: palette.heading,
      margin: [14, 0, 30, 0],
    },
    ...(document.client === null
      ? []
      : [
          {
            text: [`${words.preparedFor} `, ...plainText(document.client, style)],
            fontSize: 13,
            color: palette.muted,
            margin: [14, 14, 30, 0],
          },
        ]),
    { stack: [factsTable(document, style)], absolutePosition: { x: MARGINS[0] + 14, y: 560 - more } },
  ];
}

function factsTable(document: ScopeDocument, style: PdfStyle): Node {
  const { palette } = style;
  const rows = factsOf(document).map(([label, value]) => [
    { text: label, style: 'label', margin: [0, 1.5, 0, 0] },
    { text: plainText(value, style), lineHeight: 1.2 },
  ]);
  return {
    table: { widths: [90, 330], body: rows },
    layout: {
      hLineWidth: () => 0.5,
      vLineWidth: () => 0,
      hLineColor: () => palette.line,
      paddingLeft: () => 0,
      paddingRight: () => 0,
      paddingTop: () => 6,
      paddingBottom: () => 6,
    },
  };
}

function coverFoot({ branding, language }: ScopeDocument): Node | null {
  if (!branding.mark) return null;
  const words = { text: language.words.mark, style: 'label', margin: [6, 4, 0, 0], width: 'auto' };
  return { columns: [{ image: 'mark', width: 16 }, words], margin: [MARGINS[0] + 14, 0, 0, 0] };
}

function contentsNodes(missing: readonly MissingContent[], words: Words, style: PdfStyle): Node[] {
  const sentence = missingSentence(missing, words);
  return [
    { text: words.contents, style: 'first', pageBreak: 'before', margin: [0, 0, 0, 12] },
    { toc: { textStyle: 'tocFirst', numberStyle: 'tocSecond', outlines: true } },
    ...(sentence === undefined
      ? []
      : [{ text: sentence, fontSize: 8.5, color: style.palette.muted, margin: [0, 18, 0, 0] }]),
  ];
}

function summaryNodes(summary: string, words: Words, style: PdfStyle): Node[] {
  const paragraphs = summary.split(/\n{2,}/);
  return [
    { text: words.summary, style: 'first', tocItem: true, tocStyle: 'tocFirst', tocMargin: [0, 5, 0, 0] },
    ...paragraphs.map((text) => ({ text: plainText(text, style), margin: [0, 0, 0, 7] })),
  ];
}

function partNodes({ title, blocks }: DocumentPart, part: number, style: PdfStyle): Node[] {
  const numbering: Numbering = { part, second: 0, third: 0 };
  return [
    {
      text: [{ text: `${part}   `, ...EVEN_DIGITS }, ...plainText(title, style)],
      style: 'first',
      headlineLevel: 1,
      tocItem: true,
      tocStyle: 'tocFirst',
      tocMargin: [0, 5, 0, 0],
    },
    ...blocks.map((block) => nodeOf(block, style, numbering)),
  ];
}

/** Where a heading would stand alone at the foot of a page, it begins the next one. Each such break lays the pages out anew. */
function strandedHeadings({ parts }: ScopeDocument) {
  const size = JSON.stringify(parts).length;
  let left = Math.max(3, Math.min(40, Math.floor(2_000_000 / (size + 20_000))));
  return (node: {
    readonly headlineLevel?: number;
    readonly startPosition: { readonly verticalRatio: number };
  }) => {
    if (node.headlineLevel === undefined || left === 0 || node.startPosition.verticalRatio < 0.84)
      return false;
    left -= 1;
    return true;
  };
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
}

/** The line above each page: a node of its own each time, for its rule is moved to where it is drawn. */
function runningTitle({ title, workspace }: ScopeDocument, style: PdfStyle): () => Node {
  const [left, right] = [shorten(title, 70), shorten(workspace, 40)].map((text) => plainText(text, style));
  return () => ({
    margin: [MARGINS[0], 36, MARGINS[2], 0],
    stack: [
      {
        columns: [
          { text: left, style: 'running', width: '*' },
          { text: right, style: 'running', alignment: 'right', width: 'auto' },
        ],
      },
      {
        canvas: [
          { type: 'line', x1: 0, y1: 5, x2: WIDTH, y2: 5, lineWidth: 0.5, lineColor: style.palette.line },
        ],
      },
    ],
  });
}

function footerOf(
  { branding, version, date, language }: ScopeDocument,
  { page, pages }: { readonly page: number; readonly pages: number },
): Node {
  const { words, number } = language;
  const left = `${words.version} ${number(version)} · ${date}${branding.mark ? ` · ${words.mark}` : ''}`;
  return {
    margin: [MARGINS[0], 22, MARGINS[2], 0],
    columns: [
      { text: left, style: 'running', width: '*' },
      {
        text: `${words.page} ${number(page)} ${words.of} ${number(pages)}`,
        style: 'running',
        alignment: 'right',
        width: 'auto',
      },
    ],
  };
}
