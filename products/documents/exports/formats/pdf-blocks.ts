import type { Block, Runs, TableBlock } from '../document/model.ts';
import type { Palette } from './palette.ts';
import { type Coverage, isRightToLeft } from './scripts.ts';

/** A node of pdfmake's document definition. */
export type Node = Readonly<Record<string, unknown>>;

export interface PdfStyle {
  readonly palette: Palette;
  readonly coverage: Coverage;
}

/** All digits as wide, and not drawn closer to a point: Inter sets `7.1` too tight for a number. */
export const EVEN_DIGITS: Node = { fontFeatures: ['tnum'] };

/** Longer words are cut: to look for a place to break them takes time by the square of their length. */
const LONGEST_WORD = 300;
const LONG_WORD = new RegExp(`\\S{${LONGEST_WORD}}`, 'gu');

/** The pieces of a text, each in a font that has its characters. */
export function textOf(runs: Runs, { coverage, palette }: PdfStyle): Node[] {
  return runs.flatMap(({ text, bold, italics, strike, code }) =>
    coverage.stretches(text.replaceAll(LONG_WORD, '$& ')).map(({ text: part, font }) => ({
      text: part,
      ...(font === undefined || font === 'Inter' ? {} : { font }),
      ...(bold === undefined ? {} : { bold }),
      ...(italics === undefined ? {} : { italics }),
      ...(strike === undefined ? {} : { decoration: 'lineThrough' }),
      ...(code === undefined ? {} : { background: '#eef1f4', color: palette.text }),
      // A name in place of missing characters stands out.
      ...(font === undefined ? { color: palette.muted, italics: true } : {}),
    })),
  );
}

export function plainText(text: string, style: PdfStyle): Node[] {
  return textOf([{ text }], style);
}

/** Headings of a section, numbered below it. */
export interface Numbering {
  readonly part: number;
  second: number;
  third: number;
}

export function nodeOf(block: Block, style: PdfStyle, numbering: Numbering): Node {
  const { palette } = style;
  switch (block.kind) {
    case 'heading':
      return headingOf(block, style, numbering);
    case 'paragraph':
      return { text: textOf(block.runs, style), margin: [0, 0, 0, 7], ...direction(block.runs) };
    case 'list': {
      const items = block.items.map((item) => itemOf(item, style, numbering));
      const list = block.ordered
        ? { ol: items, start: block.start, separator: '.' }
        : { ul: items, type: 'disc' };
      return { ...list, markerColor: palette.accent, margin: [2, 0, 0, 7] };
    }
    case 'table':
      return tableNode(block, style);
    case 'quote':
      return quoteOf(
        block.blocks.map((inner) => nodeOf(inner, style, numbering)),
        palette,
      );
    case 'code':
      return {
        table: {
          widths: ['*'],
          body: [[{ text: plainText(block.text, style), fontSize: 8.5, preserveLeadingSpaces: true }]],
        },
        layout: {
          hLineWidth: zeroWidth,
          vLineWidth: zeroWidth,
          fillColor: () => '#f3f5f7',
          ...paddingLayout(8, 6),
        },
        margin: [0, 2, 0, 9],
      };
    case 'rule':
      return {
        canvas: [{ type: 'line', x1: 0, y1: 0, x2: 483, y2: 0, lineWidth: 0.6, lineColor: palette.line }],
        margin: [0, 5, 0, 10],
      };
  }
}

const zeroWidth = () => 0;
const paddingLayout = (x: number, y: number) => ({
  paddingLeft: () => x,
  paddingRight: () => x,
  paddingTop: () => y,
  paddingBottom: () => y,
});

function direction(runs: Runs): Node {
  return isRightToLeft(runs.map(({ text }) => text).join('')) ? { alignment: 'right' } : {};
}

function headingOf(
  { level, runs }: Extract<Block, { kind: 'heading' }>,
  style: PdfStyle,
  numbering: Numbering,
): Node {
  if (level === 2) {
    numbering.second += 1;
    numbering.third = 0;
  } else {
    numbering.third += 1;
  }
  const { part, second, third } = numbering;
  const number = level === 2 ? `${part}.${second}` : `${part}.${second}.${third}`;
  return {
    text: [{ text: `${number}   `, ...EVEN_DIGITS }, ...textOf(runs, style)],
    style: level === 2 ? 'second' : 'third',
    headlineLevel: level,
    ...(level === 2 ? { tocItem: true, tocMargin: [16, 0, 0, 0], tocStyle: 'tocSecond' } : {}),
  };
}

function itemOf(blocks: readonly Block[], style: PdfStyle, numbering: Numbering): Node {
  const nodes = blocks.map((block) => nodeOf(block, style, numbering));
  const tight = nodes.map((node, n) => ({ ...node, margin: [0, n === 0 ? 0 : 2, 0, 3] }));
  return tight.length === 1 && tight[0] !== undefined ? tight[0] : { stack: tight };
}

function quoteOf(stack: readonly Node[], { accent }: Palette): Node {
  return {
    table: {
      widths: ['*'],
      body: [[{ stack: stack.map((node, n) => (n < stack.length - 1 ? node : { ...node, margin: 0 })) }]],
    },
    layout: {
      hLineWidth: zeroWidth,
      vLineWidth: (n: number) => (n === 0 ? 2 : 0),
      vLineColor: () => accent,
      ...paddingLayout(10, 2),
    },
    margin: [2, 2, 0, 9],
  };
}

/** A row that is longer is broken across pages: one that must stay whole and does not fit is lost. */
const WHOLE_ROW = 700;

function tableNode({ columns, rows }: TableBlock, style: PdfStyle): Node {
  const { palette } = style;
  const small = columns.length > 6 ? 7.5 : 8.8;
  const head = columns.map(({ title, align }) => ({
    text: textOf(title, style),
    alignment: align,
    bold: true,
    color: palette.onBand,
  }));
  const body = rows.map((row) =>
    row.map((cell, n) => {
      const alignment = columns[n]?.align ?? 'left';
      return { text: textOf(cell, style), alignment, ...(alignment === 'right' ? EVEN_DIGITS : {}) };
    }),
  );
  const isShort = rows.every((row) =>
    row.every((cell) => cell.reduce((sum, { text }) => sum + text.length, 0) < WHOLE_ROW),
  );
  return {
    table: {
      headerRows: 1,
      // Two rows at least stand below the heads at the foot of a page.
      keepWithHeaderRows: isShort ? Math.min(2, rows.length) : 1,
      dontBreakRows: isShort,
      widths: columns.map(({ width }) => `${(width * 100).toFixed(3)}%`),
      body: [head, ...body],
    },
    layout: {
      hLineWidth: (n: number) => (n <= 1 ? 0 : 0.5),
      vLineWidth: zeroWidth,
      hLineColor: () => palette.line,
      fillColor: (row: number) => (row === 0 ? palette.band : row % 2 === 0 ? palette.tint : null),
      ...paddingLayout(7, 5),
    },
    fontSize: small,
    lineHeight: 1.25,
    margin: [0, 4, 0, 12],
  };
}
