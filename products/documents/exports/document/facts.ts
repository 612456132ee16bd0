import { datesIn } from 'plinth/product';
import type { Block, ListBlock, Run, Runs } from './model.ts';
import { durationsIn } from '../../fields/durations.ts';
import { sentencesOf as sentencesIn, type WrittenAmount, writtenAmountsIn } from '../../fields/money.ts';
import { tableOf, textOf } from './tables.ts';
import type { Words } from './words.ts';

/** A row is made of an item; its further paragraphs and lists are lines of its description. */
interface Item {
  readonly name: Runs;
  readonly description: Runs;
  /** All of it as it was written. */
  readonly text: string;
  /** A text that was struck out holds no longer: dates and amounts beside it are not told from it. */
  readonly isStruck: boolean;
}

/**
 * Deliverables, timeline and budget as tables, where their author has made none: of a list, whose items are the rows, with the dates and
 * amounts that stand in them in a column of their own; else of the sentences that hold a date or an amount, below the text. What such a column
 * shows stands in the item letter by letter, or its cell is empty: nothing is taken from elsewhere, computed or written in another form.
 */
export function tabulate(type: string, blocks: readonly Block[], words: Words) {
  const make = TABLES[type];
  if (make === undefined || blocks.some(({ kind }) => kind === 'table')) return [...blocks];
  const made = blocks.map((block) =>
    block.kind === 'list' ? (make(itemsOf(block), words) ?? block) : block,
  );
  if (made.some(({ kind }) => kind === 'table')) return made;
  const facts = sentencesOf(blocks).filter((item) => hasFact(type, item));
  const table = facts.length < 2 ? undefined : make(facts, words);
  return table === undefined ? made : [...made, table];
}

type Make = (items: readonly Item[], words: Words) => Block | undefined;

const TABLES: Readonly<Record<string, Make>> = { deliverables, timeline, budget };

function hasFact(type: string, item: Item): boolean {
  if (type === 'timeline') return whenOf(item) !== undefined;
  return type === 'budget' && amountsIn(item).length > 0;
}

function deliverables(items: readonly Item[], words: Words): Block | undefined {
  if (items.length < 2) return undefined;
  return withColumns([
    [words.number, items.map((_, n) => plainRuns(String(n + 1))), 'right'],
    [words.deliverable, items.map(({ name }) => name)],
    [words.description, items.map(({ description }) => description)],
    [words.due, items.map((item) => plainRuns(writtenDates(item).join('\n')))],
  ]);
}

function timeline(items: readonly Item[], words: Words): Block | undefined {
  const whens = items.map(whenOf);
  if (items.length < 2 || whens.filter((when) => when !== undefined).length * 2 < items.length)
    return undefined;
  return withColumns([
    [words.milestone, items.map(({ name }) => name)],
    [
      words.details,
      items.map((item, n) => (saysMore(item, (whens[n] ?? '').split('\n')) ? item.description : [])),
    ],
    [words.when, whens.map((when) => plainRuns(when ?? ''))],
  ]);
}

function budget(items: readonly Item[], words: Words): Block | undefined {
  const amounts = items.map(amountsIn);
  if (items.length < 2 || amounts.filter(({ length }) => length > 0).length * 2 < items.length)
    return undefined;
  const terms = amounts.map((money) => [...new Set(money.flatMap((one) => one.terms))].join('; '));
  return withColumns([
    [words.item, items.map(({ name }) => name)],
    [
      words.details,
      items.map((item, n) => (saysMore(item, saidOf(amounts[n] ?? [])) ? item.description : [])),
    ],
    [words.terms, terms.map(plainRuns)],
    [words.amount, amounts.map((money) => plainRuns(money.map(({ text }) => text).join('\n'))), 'right'],
  ]);
}

/** Words that a date or an amount leaves behind in its sentence, and that are not missed. `until`, `up to`, `approx.` or `+ VAT` are not among them. */
const LEFT_BEHIND = new Set(['a', 'am', 'at', 'dated', 'den', 'due', 'in', 'is', 'le', 'on', 'the']);

/** Whether a description says more than what is in other columns: a word, or a sign such as `<` or `~`. */
function saysMore({ description }: Item, said: readonly string[]): boolean {
  const rest = said.reduce((text, shown) => text.replace(shown, () => ''), textOf(description));
  return (rest.match(/[\p{L}\p{M}\p{N}]+|[^\s.,;:]/gu) ?? []).some(
    (word) => !LEFT_BEHIND.has(word.toLowerCase()),
  );
}

const saidOf = (money: readonly WrittenAmount[]) => [
  ...money.map(({ text }) => text),
  ...new Set(money.flatMap(({ terms }) => terms)),
];

/** A table of the columns that have something in any row. */
function withColumns(columns: readonly (readonly [string, readonly Runs[], 'right'?])[]): Block {
  const used = columns.filter(([, cells]) => cells.some((cell) => textOf(cell).trim() !== ''));
  const [, first = []] = columns[0] ?? [];
  return tableOf(
    used.map(([title, , align = 'left' as const]) => ({ title: [{ text: title }], align })),
    first.map((_, row) => used.map(([, cells]) => cells[row] ?? [])),
  );
}

function whenOf(item: Item): string | undefined {
  const dates = writtenDates(item);
  return dates.length > 0 ? dates.join('\n') : writtenDuration(item);
}

/** A cell of a column of dates has room for so many letters. */
const LONGEST_DURATION = 40;

/** From the first length of time to the last one, as in `ten sprints of two weeks`; none where that is too much for a cell. */
function writtenDuration({ text, isStruck }: Item): string | undefined {
  const spans = isStruck ? [] : spansOf(text, durationsIn(text));
  const [first, last] = [spans?.[0], spans?.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const whole = text.slice(first.from, last.to);
  return whole.length <= LONGEST_DURATION && !whole.includes('\n') ? whole : undefined;
}

/** The dates of an item that are certain, as it writes them; none where one of them may go on beside it. */
function writtenDates({ text, isStruck }: Item): string[] {
  if (isStruck) return [];
  const dated = datesIn(text).filter(({ date }) => date !== null);
  return (spansOf(text, dated) ?? []).map(({ from, to }) => text.slice(from, to));
}

function amountsIn({ text, isStruck }: Item): readonly WrittenAmount[] {
  return isStruck ? [] : writtenAmountsIn(text);
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Number words that the next one belongs to: `twenty-two weeks` is not two weeks. */
const COUNTED =
  /(?:hundred|thousand|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|cent|mille|vingt|trente|quarante|cinquante|soixante|hundert|tausend|cien|ciento|mil|veinte|treinta|cuarenta|cincuenta)(?:[\s-]+(?:and|et|und|y))?[\s-]+$/iu;

/** Where each of them stands in a text, in order; undefined where one is a piece of something longer. */
function spansOf(text: string, found: readonly { readonly text: string }[]): Span[] | undefined {
  const spans: Span[] = [];
  for (const { text: shown } of found) {
    const from = text.indexOf(shown, spans.at(-1)?.to ?? 0);
    const to = from + shown.length;
    const [before, after] = [text.slice(0, from), text.slice(to)];
    if (from === -1 || /^(?:[\p{L}\p{N}½¼¾]|[.,/-]\d)/u.test(after) || shown.includes('\n')) return undefined;
    if (/[\p{L}\p{N}./−½¼¾-]$|\d[ \u00A0\u202F'’]$/u.test(before) || COUNTED.test(before)) return undefined;
    spans.push({ from, to });
  }
  return spans;
}

const plainRuns = (text: string): Runs => (text === '' ? [] : [{ text }]);

function itemsOf(list: ListBlock): Item[] {
  return list.items.map((blocks) => {
    const [first, ...rest] = blocks;
    const runs = first?.kind === 'paragraph' ? first.runs : linesOf(first === undefined ? [] : [first], '');
    const more = linesOf(first?.kind === 'paragraph' ? rest : [], '');
    const { name, description } = splitName(runs);
    const whole = [...description, ...(description.length > 0 && more.length > 0 ? LINE : []), ...more];
    return {
      name,
      description: whole,
      text: textOf([...runs, { text: '\n' }, ...more]),
      isStruck: isAnyStruck([...runs, ...more]),
    };
  });
}

const LINE: Runs = [{ text: '\n' }];

/** Blocks within a cell: a line each. */
function linesOf(blocks: readonly Block[], indent: string): Run[] {
  const lines = blocks.flatMap((block): Run[][] => {
    switch (block.kind) {
      case 'heading':
      case 'paragraph':
        return [[...(indent === '' ? [] : [{ text: indent }]), ...block.runs]];
      case 'list':
        return block.items.map((item, n) =>
          linesOf(item, `${indent}${block.ordered ? `${block.start + n}.` : '•'} `),
        );
      case 'quote':
        return [linesOf(block.blocks, indent)];
      case 'code':
        return [[{ text: block.text, code: true }]];
      case 'table':
        return block.rows.map((row) =>
          row.flatMap((cell, n) => (n === 0 ? cell : [{ text: ' | ' }, ...cell])),
        );
      case 'rule':
        return [];
    }
  });
  return lines.flatMap((line, n) => (n === 0 ? line : [...LINE, ...line]));
}

/** `**Name**: text`, `Name: text` and `Name – text` have a name; what has none is all name. */
function splitName(runs: Runs): Pick<Item, 'name' | 'description'> {
  const bold = runs.findIndex(({ bold: isBold }) => isBold !== true);
  if (bold > 0) {
    const [next, ...rest] = runs.slice(bold);
    const text = (next?.text ?? '').replace(/^[\s:–—-]+/, '');
    const name = runs.slice(0, bold).map((run) => ({ ...run, text: run.text.replace(/[\s:]+$/, '') }));
    return { name, description: next === undefined ? [] : [{ ...next, text }, ...rest] };
  }
  const [first, ...rest] = runs;
  const parts = first === undefined ? null : /^([^:\n]{2,60}?)(?::| [–—]) +([^]*)$/.exec(first.text);
  if (first === undefined || parts === null) return { name: runs, description: [] };
  return {
    name: [{ ...first, text: parts[1] ?? '' }],
    description: [{ ...first, text: parts[2] ?? '' }, ...rest],
  };
}

/** The sentences of paragraphs and items, as they are named in a table of facts. */
function sentencesOf(blocks: readonly Block[]): Item[] {
  return blocks.flatMap((block): Item[] => {
    if (block.kind === 'quote') return sentencesOf(block.blocks);
    if (block.kind === 'list') return block.items.flatMap(sentencesOf);
    if (block.kind !== 'paragraph') return [];
    const isStruck = isAnyStruck(block.runs);
    return sentencesIn(textOf(block.runs)).map((text) => ({
      name: [{ text: text.trim() }],
      description: [],
      text,
      isStruck,
    }));
  });
}

function isAnyStruck(runs: Runs): boolean {
  return runs.some(({ strike }) => strike === true);
}
