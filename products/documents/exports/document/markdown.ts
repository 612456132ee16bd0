import { marked, type Token, type Tokens } from 'marked';
import { Budget, MOST } from './limits.ts';
import type { Alignment, Block, Run, Runs } from './model.ts';
import { tableOf, textOf } from './tables.ts';
import { decodeEntities, fitLine, fitText, withoutTags } from './text.ts';

type Style = Omit<Run, 'text'>;

/**
 * Texts that take the parser a time that grows with its square, and are no real ones: a line that begins with 200 marks of lists and quotes
 * (24,000 of them: a minute), and a word of 2,000 characters (25,000 times `a.` and an @: 20 s). A picture in a `data:` address is no such
 * word: it has slashes.
 */
const UNPARSED = /^(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])){200}|[\w.*~+@-]{2000}/m;

/**
 * The Markdown of a section as blocks. HTML loses its tags, pictures are named and never fetched, and a link is its words with the address
 * behind them where that can be opened safely. What no parser can follow is shown as plain text.
 */
export function blocksOf(markdown: string, budget: Budget): Block[] {
  const text = fitText(markdown);
  if (UNPARSED.test(text)) return paragraphsOf(text, budget);
  try {
    return levelHeadings(flattenTokens(marked.lexer(text, { gfm: true }), { budget, depth: 0 }));
  } catch (error) {
    // Nesting that shows inside only, such as brackets: its lines are shown as they stand.
    if (error instanceof RangeError) return paragraphsOf(text, budget);
    throw error;
  }
}

/** The blocks of a section below its title, which many write on top of its text again. */
export function sectionBlocks(
  { title, content }: { readonly title: string; readonly content: string },
  budget: Budget,
): Block[] {
  const blocks = blocksOf(content, budget);
  const [first] = blocks;
  const isRepeated =
    first?.kind === 'heading' && textOf(first.runs).trim().toLowerCase() === fitLine(title).toLowerCase();
  return isRepeated ? blocks.slice(1) : blocks;
}

interface At {
  readonly budget: Budget;
  readonly depth: number;
}

function paragraphsOf(text: string, budget: Budget): Block[] {
  return text
    .split(/\n{2,}/)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      budget.piece();
      return { kind: 'paragraph', runs: [{ text: part.trim() }] };
    });
}

function flattenTokens(tokens: readonly Token[], at: At): Block[] {
  return tokens.flatMap((token) => blockOf(token, at));
}

function blockOf(token: Token, at: At): Block[] {
  at.budget.piece();
  switch (token.type) {
    case 'heading': {
      const { depth, tokens } = token as Tokens.Heading;
      const runs = runsOf(tokens);
      // The level is set by the whole section, once all of its headings are known.
      return hasText(runs) ? [{ kind: 'heading', level: depth, runs }] : [];
    }
    case 'list':
      return listOf(token as Tokens.List, at);
    case 'table':
      return tablesOf(token as Tokens.Table, at.budget);
    case 'blockquote': {
      const { tokens, text } = token as Tokens.Blockquote;
      if (at.depth >= MOST.depth) return paragraph([{ text: withoutTags(text) }]);
      return [{ kind: 'quote', blocks: flattenTokens(tokens, { ...at, depth: at.depth + 1 }) }];
    }
    case 'code':
      return [{ kind: 'code', text: (token as Tokens.Code).text }];
    case 'hr':
      return [{ kind: 'rule' }];
    case 'html':
      return withoutTags((token as Tokens.HTML).text)
        .split(/\n{2,}/)
        .flatMap((part) => paragraph([{ text: part.trim() }]));
    case 'space':
    case 'def':
      return [];
    default: {
      const { tokens, raw } = token as Tokens.Generic;
      return paragraph(tokens === undefined ? [{ text: decodeEntities(raw).trim() }] : runsOf(tokens));
    }
  }
}

function paragraph(runs: Runs): Block[] {
  return hasText(runs) ? [{ kind: 'paragraph', runs }] : [];
}

export function hasText(runs: Runs): boolean {
  return runs.some(({ text }) => text.trim() !== '');
}

function listOf({ ordered, start, items, raw }: Tokens.List, at: At): Block[] {
  // Its indents would push each line out of the page.
  if (at.depth >= MOST.depth)
    return paragraph([
      {
        text: decodeEntities(raw)
          .replaceAll(/^[ \t]+/gm, '')
          .trim(),
      },
    ]);
  const below = { ...at, depth: at.depth + 1 };
  const made = items.map((item) => {
    const box = item.task ? [{ text: item.checked === true ? '[x] ' : '[ ] ' }] : [];
    const [first, ...rest] = flattenTokens(
      item.tokens.filter(({ type }) => type !== 'checkbox'),
      below,
    );
    if (first?.kind !== 'paragraph' || box.length === 0) return [first, ...rest].filter(isThere);
    return [{ ...first, runs: [...box, ...first.runs] }, ...rest];
  });
  const from = typeof start === 'number' && start > 0 ? Math.min(start, 9_999) : 1;
  return [{ kind: 'list', ordered, start: from, items: made.filter((item) => item.length > 0) }];
}

const isThere = (block: Block | undefined): block is Block => block !== undefined;

function tablesOf({ header, rows, align }: Tokens.Table, budget: Budget): Block[] {
  const titles = header.map(({ tokens }) => runsOf(tokens));
  const cells = rows.map((row) => {
    budget.row(row.length);
    return row.map(({ tokens }) => runsOf(tokens));
  });
  if (titles.length > MOST.tableColumns)
    return [titles, ...cells].map((row) => ({ kind: 'paragraph', runs: joinCells(row) }));
  return [
    tableOf(
      titles.map((title, n) => ({ title, align: (align[n] ?? 'left') satisfies Alignment })),
      cells,
    ),
  ];
}

function joinCells(row: readonly Runs[]): Run[] {
  return row.flatMap((cell, n) => (n === 0 ? cell : [{ text: ' | ' }, ...cell]));
}

/** Runs of inline tokens; neighbours of one style are one. */
function runsOf(tokens: readonly Token[], style: Style = {}): Run[] {
  const runs: Run[] = [];
  for (const run of tokens.flatMap((token) => inline(token, style))) {
    const last = runs.at(-1);
    if (last !== undefined && isAlike(last, run))
      runs[runs.length - 1] = { ...last, text: last.text + run.text };
    else if (run.text !== '') runs.push(run);
  }
  return runs;
}

function isAlike(one: Run, other: Run): boolean {
  return (
    one.bold === other.bold &&
    one.italics === other.italics &&
    one.code === other.code &&
    one.strike === other.strike
  );
}

function inline(token: Token, style: Style): Run[] {
  switch (token.type) {
    case 'strong':
      return runsOf((token as Tokens.Strong).tokens, { ...style, bold: true });
    case 'em':
      return runsOf((token as Tokens.Em).tokens, { ...style, italics: true });
    case 'del':
      return runsOf((token as Tokens.Del).tokens, { ...style, strike: true });
    case 'codespan':
      return [{ ...style, text: (token as Tokens.Codespan).text, code: true }];
    case 'br':
      return [{ ...style, text: '\n' }];
    case 'link':
      return linkOf(token as Tokens.Link, style);
    case 'image': {
      const { text } = token as Tokens.Image;
      return [{ ...style, text: `[Image${text === '' ? '' : `: ${decodeEntities(text)}`}]` }];
    }
    case 'html':
      return [{ ...style, text: withoutTags((token as Tokens.HTML).text) }];
    case 'escape':
      return [{ ...style, text: (token as Tokens.Escape).text }];
    default: {
      const { tokens, text, raw } = token as Tokens.Generic;
      if (tokens !== undefined) return runsOf(tokens, style);
      // A single line break in a paragraph is a space, as Markdown has it.
      const words = decodeEntities(String(text ?? raw)).replaceAll(/ *\n */g, ' ');
      return [{ ...style, text: words }];
    }
  }
}

/** A link as text. An address that would run something, or that is its own label, is left out. */
function linkOf({ tokens, href, text }: Tokens.Link, style: Style): Run[] {
  const address = fitText(decodeEntities(href));
  const isShown = /^(?:https?|mailto):/i.test(address) && address.replace(/^mailto:/i, '') !== text;
  return [...runsOf(tokens, style), ...(isShown ? [{ ...style, text: ` (${address})` }] : [])];
}

/** Headings of a section begin below its own and leave none out: `#` and `####` become its second and third level. */
function levelHeadings(blocks: readonly Block[]): Block[] {
  const depths = blocks.flatMap((block) => (block.kind === 'heading' ? [block.level] : []));
  const least = Math.min(...depths);
  let isBegun = false;
  return blocks.map((block) => {
    if (block.kind !== 'heading') return block;
    const level = block.level === least || !isBegun ? 2 : 3;
    isBegun = true;
    return { ...block, level };
  });
}
