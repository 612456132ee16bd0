import { factsOf } from '../document/cover.ts';
import type { Block, MadeFile, Run, Runs, ScopeDocument, TableBlock } from '../document/model.ts';

/** A document as Markdown. Text of the scope never becomes HTML or a link that runs something. */
export function markdownOf(document: ScopeDocument): MadeFile {
  const { words } = document.language;
  const head = factsOf(document).map(([name, text]) => `- **${name}:** ${escapedWithin(text)}`);
  const summary = document.summary === null ? [] : [`## ${words.summary}`, escapeMarkdown(document.summary)];
  const parts = document.parts.flatMap(({ title, blocks }, n) => [
    `## ${n + 1}. ${escapeMarkdown(title)}`,
    ...blocks.map((block) => writeBlock(block)),
  ]);
  const mark = document.branding.mark ? ['---', `_${words.mark}_`] : [];
  const text = [`# ${escapeMarkdown(document.title)}`, head.join('\n'), ...summary, ...parts, ...mark].join(
    '\n\n',
  );
  return { bytes: Buffer.from(`${text}\n`, 'utf8'), missing: [] };
}

/** A sign of Markdown or HTML in a text is a letter. */
function escapeMarkdown(text: string): string {
  return escapedWithin(text).replaceAll(
    /^(\s*)([#+=-]|\d+[.)](?=\s|$))/gm,
    (_, space: string, sign: string) =>
      /\d/.test(sign) ? `${space}${sign.slice(0, -1)}\\${sign.slice(-1)}` : `${space}\\${sign}`,
  );
}

/** The same of a text that begins no line: `20. November` is no item of a list there. */
function escapedWithin(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|~&]/g, '\\$&');
}

function inline(runs: Runs, escape = escapeMarkdown): string {
  return runs
    .map(({ text, bold, italics, strike, code }) => {
      if (text.trim() === '') return text;
      if (code === true) return codeOf(text);
      const [, before = '', inner = '', after = ''] = /^(\s*)([^]*?)(\s*)$/.exec(text) ?? [];
      const signs = `${bold === true ? '**' : ''}${italics === true ? '_' : ''}${strike === true ? '~~' : ''}`;
      const closing = `${strike === true ? '~~' : ''}${italics === true ? '_' : ''}${bold === true ? '**' : ''}`;
      return `${before}${signs}${escape(inner)}${closing}${after}`;
    })
    .join('')
    .replaceAll('\n', '\\\n');
}

/** A code span or block within as many signs as it does not have itself. */
function codeOf(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([signs]) => signs.length));
  const sign = '`'.repeat(longest + 1);
  const isFenced = text.startsWith('`') || text.endsWith('`');
  return `${sign}${isFenced ? ` ${text} ` : text}${sign}`;
}

function writeBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level + 1)} ${inline(block.runs).replaceAll('\\\n', ' ')}`;
    case 'paragraph':
      return inline(block.runs);
    case 'list':
      return block.items
        .map((item, n) => {
          const sign = block.ordered ? `${block.start + n}. ` : '- ';
          const text = item.map((inner) => writeBlock(inner)).join('\n\n');
          return `${sign}${text.replaceAll('\n', `\n${' '.repeat(sign.length)}`)}`;
        })
        .join('\n');
    case 'quote':
      return block.blocks
        .map((inner) => writeBlock(inner))
        .join('\n\n')
        .replaceAll(/^/gm, '> ');
    case 'code': {
      const longest = Math.max(2, ...[...block.text.matchAll(/`+/g)].map(([signs]) => signs.length));
      const fence = '`'.repeat(longest + 1);
      return `${fence}\n${block.text}\n${fence}`;
    }
    case 'rule':
      return '---';
    case 'table':
      return tableText(block);
  }
}

/** A bar ends a cell in a code span, too. */
function ofCell(run: Run): Run {
  return run.code === true ? { ...run, text: run.text.replaceAll('|', '\\|') } : run;
}

const line = (cells: readonly Runs[]) =>
  `| ${cells.map((cell) => inline(cell.map(ofCell), escapedWithin).replaceAll('\\\n', ' · ').replaceAll('\n', ' ')).join(' | ')} |`;

function tableText({ columns, rows }: TableBlock): string {
  const signs = { left: '---', center: ':---:', right: '---:' } as const;
  return [
    line(columns.map(({ title }) => title)),
    `| ${columns.map(({ align }) => signs[align]).join(' | ')} |`,
    ...rows.map((row) => line(row)),
  ].join('\n');
}
