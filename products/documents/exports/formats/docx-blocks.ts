import type * as Docx from 'docx';
import type { Alignment, Block, ListBlock, Runs, TableBlock } from '../document/model.ts';
import type { Palette } from './palette.ts';
import { type Coverage, isRightToLeft } from './scripts.ts';

/** The text of an A4 page between margins of 2 cm, in twentieths of a point. */
export const TEXT_WIDTH = 9_638;
/** The deepest list that Word numbers. */
const MOST_LEVELS = 8;

export interface DocxStyle {
  readonly docx: typeof Docx;
  readonly palette: Palette;
  readonly coverage: Coverage;
  /** Numbered lists so far, by where they start: each begins anew. */
  readonly lists: Map<number, number>;
}

type Child = Docx.Paragraph | Docx.Table;

/** Room for the numbers of headings, by level. */
const HEADING_INDENTS = [520, 620, 740];

/** The height of lines, in 240ths of what their font has. */
export const lines = (line: number) => ({ line, lineRule: 'auto' as const });

/** `#1d3557` as WordprocessingML has it. */
export const hexDigits = (colour: string): string => colour.slice(1);

export function runsOf(runs: Runs, style: DocxStyle, more: object = {}): Docx.TextRun[] {
  const { docx, coverage, palette } = style;
  return runs.flatMap(({ text, bold, italics, strike, code }) => {
    coverage.note(text);
    return text.split('\n').map(
      (line, n) =>
        new docx.TextRun({
          text: line,
          ...(n === 0 ? {} : { break: 1 }),
          ...(bold === undefined ? {} : { bold, boldComplexScript: bold }),
          ...(italics === undefined ? {} : { italics, italicsComplexScript: italics }),
          ...(strike === undefined ? {} : { strike }),
          ...(code === undefined
            ? {}
            : { shading: { type: docx.ShadingType.CLEAR, fill: 'eef1f4', color: hexDigits(palette.text) } }),
          ...(isRightToLeft(line) ? { rightToLeft: true } : {}),
          ...more,
        }),
    );
  });
}

export function textOf(text: string, style: DocxStyle, more: object = {}): Docx.TextRun[] {
  return runsOf([{ text }], style, more);
}

function isFromRight(runs: Runs): boolean {
  return isRightToLeft(runs.map(({ text }) => text).join(''));
}

export function childrenOf(blocks: readonly Block[], style: DocxStyle): Child[] {
  return blocks.flatMap((block) => childOf(block, style));
}

function childOf(block: Block, style: DocxStyle): Child[] {
  const { docx, palette } = style;
  switch (block.kind) {
    case 'heading': {
      const isSecond = block.level === 2;
      return [
        new docx.Paragraph({
          heading: isSecond ? docx.HeadingLevel.HEADING_2 : docx.HeadingLevel.HEADING_3,
          numbering: { reference: 'headings', level: isSecond ? 1 : 2 },
          children: runsOf(block.runs, style),
        }),
      ];
    }
    case 'paragraph':
      return [
        new docx.Paragraph({ children: runsOf(block.runs, style), bidirectional: isFromRight(block.runs) }),
      ];
    case 'list':
      return listOf(block, style, 0);
    case 'table':
      return [
        tableNode(block, style),
        new docx.Paragraph({ spacing: { before: 0, after: 60, ...lines(200) } }),
      ];
    case 'quote':
      return quoteOf(block.blocks, style);
    case 'code':
      return [
        new docx.Paragraph({
          children: textOf(block.text, style, { size: 17 }),
          shading: { type: docx.ShadingType.CLEAR, fill: 'f3f5f7', color: 'auto' },
          spacing: { before: 60, after: 160 },
        }),
      ];
    case 'rule':
      return [
        new docx.Paragraph({
          border: {
            bottom: { style: docx.BorderStyle.SINGLE, size: 4, color: hexDigits(palette.line), space: 1 },
          },
          spacing: { before: 0, after: 200 },
        }),
      ];
  }
}

function quoteOf(blocks: readonly Block[], style: DocxStyle): Child[] {
  const { docx, palette } = style;
  return blocks.flatMap((block): Child[] =>
    block.kind === 'paragraph'
      ? [
          new docx.Paragraph({
            children: runsOf(block.runs, style),
            indent: { left: 240 },
            border: {
              left: { style: docx.BorderStyle.SINGLE, size: 16, color: hexDigits(palette.accent), space: 8 },
            },
          }),
        ]
      : childOf(block, style),
  );
}

function listOf(list: ListBlock, style: DocxStyle, depth: number): Child[] {
  const { docx } = style;
  const level = Math.min(depth, MOST_LEVELS);
  const numbering = list.ordered
    ? { reference: `ordered-${list.start}`, level, instance: nextList(list.start, style) }
    : { reference: 'bullets', level };
  return list.items.flatMap((item) =>
    item.flatMap((block, n): Child[] => {
      if (block.kind === 'list') return listOf(block, style, depth + 1);
      if (block.kind !== 'paragraph') return childOf(block, style);
      const place = n === 0 ? { numbering } : { indent: { left: 360 * (level + 1) } };
      const children = runsOf(block.runs, style);
      return [
        new docx.Paragraph({
          children,
          ...place,
          spacing: { after: 70 },
          bidirectional: isFromRight(block.runs),
        }),
      ];
    }),
  );
}

function nextList(start: number, { lists }: DocxStyle): number {
  const instance = (lists.get(start) ?? 0) + 1;
  lists.set(start, instance);
  return instance;
}

/** How lists and headings are numbered. */
export function numberingOf({ docx, lists, palette }: DocxStyle): Docx.INumberingOptions {
  const levels = Array.from({ length: MOST_LEVELS + 1 }, (_, level) => level);
  const indentStyle = (level: number) => ({
    paragraph: { indent: { left: 360 * (level + 1), hanging: 300 } },
    run: { color: hexDigits(palette.accent) },
  });
  const { LevelFormat } = docx;
  return {
    config: [
      {
        reference: 'headings',
        levels: ['%1', '%1.%2', '%1.%2.%3'].map((text, level) => ({
          level,
          format: LevelFormat.DECIMAL,
          text,
          style: {
            paragraph: {
              indent: { left: HEADING_INDENTS[level] ?? 0, hanging: HEADING_INDENTS[level] ?? 0 },
            },
          },
        })),
      },
      {
        reference: 'bullets',
        levels: levels.map((level) => ({
          level,
          format: LevelFormat.BULLET,
          text: '•',
          style: indentStyle(level),
        })),
      },
      ...[...lists.keys()].map((start) => ({
        reference: `ordered-${start}`,
        levels: levels.map((level) => ({
          level,
          format: LevelFormat.DECIMAL,
          text: `%${level + 1}.`,
          start,
          style: indentStyle(level),
        })),
      })),
    ],
  };
}

function alignment(align: Alignment, { docx }: DocxStyle) {
  return docx.AlignmentType[align === 'left' ? 'LEFT' : align === 'right' ? 'RIGHT' : 'CENTER'];
}

function tableNode({ columns, rows }: TableBlock, style: DocxStyle): Docx.Table {
  const { docx, palette } = style;
  const widths = columns.map(({ width }) => Math.floor(width * TEXT_WIDTH));
  const size = columns.length > 6 ? 15 : 18;
  const cell = (runs: Runs, n: number, look: { readonly fill: string | undefined; readonly run: object }) =>
    new docx.TableCell({
      width: { size: widths[n] ?? 0, type: docx.WidthType.DXA },
      ...(look.fill === undefined
        ? {}
        : { shading: { type: docx.ShadingType.CLEAR, fill: hexDigits(look.fill), color: 'auto' } }),
      children: [
        new docx.Paragraph({
          children: runsOf(runs, style, { size, ...look.run }),
          alignment: alignment(columns[n]?.align ?? 'left', style),
          spacing: { before: 0, after: 0, ...lines(264) },
          bidirectional: isFromRight(runs),
        }),
      ],
    });
  const head = { fill: palette.band, run: { bold: true, color: hexDigits(palette.onBand) } };
  const line = { style: docx.BorderStyle.SINGLE, size: 4, color: hexDigits(palette.line) };
  const none = { style: docx.BorderStyle.NONE, size: 0, color: 'auto' };
  return new docx.Table({
    width: { size: TEXT_WIDTH, type: docx.WidthType.DXA },
    columnWidths: widths,
    layout: docx.TableLayoutType.FIXED,
    margins: { top: 80, bottom: 80, left: 110, right: 110 },
    borders: {
      top: none,
      left: none,
      right: none,
      insideVertical: none,
      bottom: line,
      insideHorizontal: line,
    },
    rows: [
      new docx.TableRow({
        tableHeader: true,
        cantSplit: true,
        children: columns.map(({ title }, n) => cell(title, n, head)),
      }),
      ...rows.map(
        (row, at) =>
          new docx.TableRow({
            cantSplit: true,
            children: row.map((runs, n) =>
              cell(runs, n, { fill: at % 2 === 1 ? palette.tint : undefined, run: {} }),
            ),
          }),
      ),
    ],
  });
}
