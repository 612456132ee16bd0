import { Parser } from 'htmlparser2';
import { Unreadable } from '../failures.ts';
import type { Gap } from '../gaps.ts';
import { markOf, withoutMarks } from './gap-marks.ts';
import { MarkdownWriter } from './markdown-writer.ts';

/** Elements that are never text, with all in them. SVG is not read from top to bottom. */
const DROPPED: ReadonlySet<string> = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'svg',
  'head',
  // Small letters that say how the word beside them is read.
  'rt',
  'rp',
]);
/** Elements that show something which is not read, nor is what stands in them. */
const GAP_ELEMENTS: Readonly<Record<string, Gap>> = {
  img: 'picture',
  canvas: 'picture',
  math: 'picture',
  iframe: 'embedded_object',
  frame: 'embedded_object',
  object: 'embedded_object',
  embed: 'embedded_object',
  video: 'embedded_object',
  audio: 'embedded_object',
};
/** Elements without content. */
const VOID = /^(?:img|frame|embed)$/;
/** In SVG these have words; icons have none of them. */
const SVG_WORDS = /^(?:text|image|foreignobject)$/;
/** Pixels of CSS below which a picture is a logo or a sign: `SMALL` of A4, as in a PDF. */
const SMALL = 0.03 * 794 * 1_123;
const BLOCKS: ReadonlySet<string> = new Set([
  'p',
  'div',
  'section',
  'article',
  'main',
  'header',
  'footer',
  'aside',
  'nav',
  'blockquote',
  'pre',
  'ul',
  'ol',
  'dl',
  'dt',
  'dd',
  'figure',
  'figcaption',
  'address',
  'form',
  'fieldset',
  'body',
]);
const HEADING = /^h([1-6])$/;
/** Element that DOCX is turned to where a page ends. */
export const PAGE_BREAK = { element: 'hr', class: 'page-break' } as const;
/** Elements within elements: the parser goes through those that are open at each that it meets. */
const DEEPEST = 20_000;
/** Rows that a cell spans: browsers know no larger number. */
const LARGEST_SPAN = 65_534;

/**
 * HTML as Markdown, read in one go and without a tree: headings, lists and tables are kept, scripts and styles are not. A form feed stands where a page ends.
 */
export function htmlToMarkdown(html: string): string {
  const out = new MarkdownWriter();
  let dropped: { name: string; depth: number } | undefined;
  let pre = 0;
  let struck: { readonly depth: number; text: string } | undefined;
  /** Struck-through text is marked as in Markdown: it no longer holds, but people still read it. */
  const tellStruck = (): void => {
    if (struck === undefined) return;
    out.text(struck.text.replace(/\S(?:[^\n]*\S)?/g, '~~$&~~'), pre > 0);
    struck.text = '';
  };
  let select: { readonly options: SelectOption[]; readonly isIn: boolean } = { options: [], isIn: false };
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth += 1;
        if (depth > DEEPEST) throw new Unreadable('document_damaged', 'It is nested too deeply.');
        if (dropped !== undefined) {
          if (name === dropped.name) dropped.depth += 1;
          if (dropped.name === 'svg' && SVG_WORDS.test(name)) out.text(markOf('picture'));
          return;
        }
        const gap = GAP_ELEMENTS[name];
        if (gap !== undefined && !isSmall(attributes)) out.text(markOf(gap));
        if (DROPPED.has(name) || (gap !== undefined && !VOID.test(name))) {
          dropped = { name, depth: 1 };
          return;
        }
        tellStruck();
        if (name === 'pre') pre += 1;
        if (name === 'select') select = { options: [], isIn: true };
        if (name === 'option') select.options.push({ text: '', isChosen: 'selected' in attributes });
        if (struck === undefined && isStruck(name, attributes)) struck = { depth, text: '' };
        openTag(out, name, attributes);
      },
      ontext(text) {
        if (dropped !== undefined) return;
        const option = select.isIn ? select.options.at(-1) : undefined;
        if (option !== undefined) option.text += text;
        else if (struck === undefined) out.text(text, pre > 0);
        else struck.text += text;
      },
      onclosetag(name) {
        depth -= 1;
        if (dropped !== undefined) {
          if (name === dropped.name) dropped.depth -= 1;
          if (dropped.depth === 0) dropped = undefined;
          return;
        }
        tellStruck();
        if (struck !== undefined && depth < struck.depth) struck = undefined;
        if (name === 'pre') pre -= 1;
        if (name === 'select') {
          out.text(` ${chosenOf(select.options)} `);
          select = { options: [], isIn: false };
        }
        closeTag(out, name);
      },
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  );
  parser.write(html);
  parser.end();
  return out.end();
}

function isSmall({ width, height }: Readonly<Record<string, string>>): boolean {
  return (Number(width) || Number.NaN) * Number(height) < SMALL;
}

interface SelectOption {
  text: string;
  readonly isChosen: boolean;
}

/** The options of a list that are seen: those chosen, else the first. */
function chosenOf(options: readonly SelectOption[]): string {
  const chosen = options.filter(({ isChosen }) => isChosen);
  return (chosen.length > 0 ? chosen : options.slice(0, 1)).map(({ text }) => text.trim()).join(', ');
}

/** Text that a field of a form shows. */
function inputText({ type = 'text', value = '', ...more }: Readonly<Record<string, string>>): string {
  const kind = type.toLowerCase();
  if (kind === 'checkbox' || kind === 'radio') return 'checked' in more ? ' ☒ ' : ' ☐ ';
  return /^(?:hidden|password|image|file|color|range)$/.test(kind) ? '' : ` ${value} `;
}

const STRUCK: ReadonlySet<string> = new Set(['s', 'strike', 'del']);

function isStruck(name: string, { style = '' }: Readonly<Record<string, string>>): boolean {
  return STRUCK.has(name) || /text-decoration[^;]*line-through/i.test(style);
}

function spanOf(said: string | undefined): number {
  const span = Number.parseInt(said ?? '', 10);
  return span >= 1 ? Math.min(span, LARGEST_SPAN) : 1;
}

function openTag(out: MarkdownWriter, name: string, attributes: Readonly<Record<string, string>>): void {
  const level = HEADING.exec(name)?.[1];
  if (level !== undefined) out.heading(Number(level));
  else if (name === 'ul' || name === 'ol') out.openList(name === 'ol');
  else if (name === 'li') out.item();
  else if (name === 'table') out.openTable();
  else if (name === 'tr') out.row();
  else if (name === 'td' || name === 'th')
    out.cell({ columns: spanOf(attributes['colspan']), rows: spanOf(attributes['rowspan']) });
  else if (name === 'br') out.line();
  else if (name === 'input') out.text(withoutMarks(inputText(attributes)));
  else if (name === PAGE_BREAK.element)
    if (attributes['class'] === PAGE_BREAK.class) out.page();
    else out.block();
  else if (BLOCKS.has(name)) out.block();
}

function closeTag(out: MarkdownWriter, name: string): void {
  if (name === 'ul' || name === 'ol') out.closeList();
  else if (name === 'table') out.closeTable();
  else if (HEADING.test(name) || name === 'li' || BLOCKS.has(name)) out.block();
}
