import type * as Docx from 'docx';
import { type Fact, factsOf } from '../document/cover.ts';
import type { Logo, ScopeDocument } from '../document/model.ts';
import { linesIn } from '../document/text.ts';
import { hexDigits, type DocxStyle, lines, TEXT_WIDTH, textOf } from './docx-blocks.ts';
import { MARK_PNG } from './mark.ts';

/** A4 in twentieths of a point, as all measures here. */
export const PAGE_HEIGHT = 16_838;
export const VERTICAL_MARGINS = { top: 1_500, bottom: 1_300 };
const TEXT_HEIGHT = PAGE_HEIGHT - VERTICAL_MARGINS.top - VERTICAL_MARGINS.bottom;

/** Where the facts begin, unless there is too much above or in them. */
const FACTS_AT = 9_200;
/** The gap above the title. */
const GAP = 3_000;
/** Space at the foot that is left free, for lines that come out longer than they were counted. */
const SPARE = 450;
/** The mark's paragraph, or the empty one that a table must be followed by. */
const MARK_HEIGHT = 1_250;
const NO_MARK_HEIGHT = 340;

/** The first page. All of it stands on one: its gaps give what a logo, a long title or long names take. */
export function coverOf(document: ScopeDocument, style: DocxStyle): (Docx.Paragraph | Docx.Table)[] {
  const { docx, palette } = style;
  const { branding } = document;
  const facts = factsOf(document);
  const { above, below } = gapsOf(document, facts);
  return [
    new docx.Paragraph({
      children:
        branding.logo === null
          ? textOf(document.workspace, style, { bold: true, size: 26, color: hexDigits(palette.heading) })
          : [logoOf(branding.logo, style)],
      spacing: { before: 0, after: above, ...lines(240) },
    }),
    ...titleOf(document, style, below),
    factsTable(facts, style),
    new docx.Paragraph({
      children: branding.mark ? markOf(document.language.words.mark, style) : [],
      spacing: { before: branding.mark ? 900 : 0, after: 0 },
    }),
  ];
}

/** The title's letters in half points, and how many a line of it has room for. */
function titleSize(title: string): readonly [size: number, room: number] {
  return title.length > 140 ? [36, 44] : title.length > 70 ? [46, 34] : [58, 27];
}

/** Gaps above the title, and between its client and the facts. */
function gapsOf({ title, workspace, client, branding }: ScopeDocument, facts: readonly Fact[]) {
  const { logo, mark } = branding;
  const top = logo === null ? linesIn(workspace, 55) * 320 : shownSize(logo).height * 15;
  const [size, room] = titleSize(title);
  const titled = 434 + linesIn(title, room) * size * 14 + 160 + linesIn(client ?? '', 55) * 410;
  const listed = facts.reduce((sum, [, text]) => sum + 190 + linesIn(text, 60) * 270, 0);
  const factsAt = Math.min(FACTS_AT, TEXT_HEIGHT - SPARE - listed - (mark ? MARK_HEIGHT : NO_MARK_HEIGHT));
  const above = Math.max(300, Math.min(GAP + 320 - top, factsAt - top - titled - 300));
  return { above, below: Math.max(200, factsAt - top - above - titled) };
}

function titleOf(
  { title, client, language: { words } }: ScopeDocument,
  style: DocxStyle,
  below: number,
): Docx.Paragraph[] {
  const { docx, palette } = style;
  const [size] = titleSize(title);
  const bar = {
    left: { style: docx.BorderStyle.SINGLE, size: 36, color: hexDigits(palette.accent), space: 14 },
  };
  const beside = { border: bar, indent: { left: 320 } };
  const kind = new docx.TextRun({
    text: words.kind.toUpperCase(),
    bold: true,
    size: 20,
    color: hexDigits(palette.accent),
    characterSpacing: 30,
  });
  return [
    new docx.Paragraph({ ...beside, children: [kind], spacing: { after: 120 } }),
    new docx.Paragraph({
      ...beside,
      children: textOf(title, style, { bold: true, size, color: hexDigits(palette.heading) }),
      spacing: { after: 160, ...lines(276) },
    }),
    new docx.Paragraph({
      ...beside,
      children:
        client === null
          ? []
          : textOf(`${words.preparedFor} ${client}`, style, { size: 26, color: hexDigits(palette.muted) }),
      spacing: { after: below },
    }),
  ];
}

/** A logo within 250 by 84 pixels, never larger than it is. */
function shownSize({ width, height }: Logo): { readonly width: number; readonly height: number } {
  const scale = Math.min(250 / width, 84 / height, 1);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function logoOf(logo: Logo, { docx }: DocxStyle): Docx.ImageRun {
  return new docx.ImageRun({ type: logo.type, data: logo.bytes, transformation: shownSize(logo) });
}

function markOf(mark: string, style: DocxStyle): (Docx.ImageRun | Docx.TextRun)[] {
  const { docx, palette } = style;
  const data = Buffer.from(MARK_PNG, 'base64');
  return [
    new docx.ImageRun({ type: 'png', data, transformation: { width: 16, height: 16 } }),
    new docx.TextRun({ text: `  ${mark}`, size: 17, color: hexDigits(palette.muted) }),
  ];
}

function factsTable(facts: readonly Fact[], style: DocxStyle): Docx.Table {
  const { docx, palette } = style;
  const line = { style: docx.BorderStyle.SINGLE, size: 4, color: hexDigits(palette.line) };
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
    rows: facts.map(
      ([name, text]) =>
        new docx.TableRow({
          cantSplit: true,
          children: [
            cell(textOf(name, style, { size: 17, color: hexDigits(palette.muted) }), label),
            cell(textOf(text, style), value),
          ],
        }),
    ),
  });
}
