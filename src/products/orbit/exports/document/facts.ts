import type { Block, ListBlock, Run, Runs } from './model.ts';
import type { Fields, MoneyField, SourceSection } from './source.ts';
import { tableOf } from './tables.ts';
import { dateWords, moneyWords, WORDS } from './words.ts';

/** A row is made of an item; its further paragraphs and lists are lines of its description. */
interface Item {
  readonly name: Runs;
  readonly description: Runs;
  /** All of it as it was written. */
  readonly text: string;
}

/**
 * Deliverables, timeline and budget as tables, where their author has made none: of a list, whose items are the rows, with the dates and
 * amounts that stand in them in a column of their own; else of the sentences that hold a date or an amount, below the text.
 */
export function tabulated(
  { type, fields }: Pick<SourceSection, 'type' | 'fields'>,
  blocks: readonly Block[],
) {
  const make = TABLES[type];
  if (make === undefined || blocks.some(({ kind }) => kind === 'table')) return [...blocks];
  const made = blocks.map((block) =>
    block.kind === 'list' ? (make(itemsOf(block), fields) ?? block) : block,
  );
  if (made.some(({ kind }) => kind === 'table')) return made;
  const facts = sentencesOf(blocks).filter((item) => hasFact(type, item, fields));
  const table = facts.length < 2 ? undefined : make(facts, fields);
  return table === undefined ? made : [...made, table];
}

type Make = (items: readonly Item[], fields: Fields) => Block | undefined;

const TABLES: Readonly<Record<string, Make>> = { deliverables, timeline, budget };

function hasFact(type: string, { text }: Item, fields: Fields): boolean {
  if (type === 'timeline') return whenOf(text, fields) !== undefined;
  return type === 'budget' && moneyIn(text, fields).length > 0;
}

function deliverables(items: readonly Item[], fields: Fields): Block | undefined {
  if (items.length < 2) return undefined;
  const dues = items.map(({ text }) => dateIn(text, fields));
  return withColumns([
    [WORDS.number, items.map((_, n) => plainRuns(String(n + 1))), 'right'],
    [WORDS.deliverable, items.map(({ name }) => name)],
    [WORDS.description, items.map(({ description }) => description)],
    [WORDS.due, dues.map((due) => plainRuns(due ?? ''))],
  ]);
}

function timeline(items: readonly Item[], fields: Fields): Block | undefined {
  const whens = items.map(({ text }) => whenOf(text, fields));
  if (items.length < 2 || whens.filter((when) => when !== undefined).length * 2 < items.length)
    return undefined;
  return withColumns([
    [WORDS.milestone, items.map(({ name }) => name)],
    [WORDS.details, items.map((item) => (saysMore(item, shownOf(item, fields)) ? item.description : []))],
    [WORDS.when, whens.map((when) => plainRuns(when ?? ''))],
  ]);
}

function budget(items: readonly Item[], fields: Fields): Block | undefined {
  const amounts = items.map(({ text }) => moneyIn(text, fields));
  if (items.length < 2 || amounts.filter(({ length }) => length > 0).length * 2 < items.length)
    return undefined;
  const terms = amounts.map((money) => [...new Set(money.flatMap((one) => one.terms ?? []))].join('; '));
  return withColumns([
    [WORDS.item, items.map(({ name }) => name)],
    [
      WORDS.details,
      items.map((item, n) => (saysMore(item, saidOf(amounts[n] ?? [])) ? item.description : [])),
    ],
    [WORDS.terms, terms.map(plainRuns)],
    [WORDS.amount, amounts.map((money) => plainRuns(money.map(moneyWords).join('\n'))), 'right'],
  ]);
}

/** Words that a date or an amount leaves behind in its sentence, and that nobody misses. `until`, `up to`, `approx.` or `+ VAT` are not among them. */
const LEFT_BEHIND = new Set(['a', 'am', 'at', 'dated', 'den', 'due', 'in', 'is', 'le', 'on', 'the']);

/** Whether a description says more than what is in other columns. */
function saysMore({ description }: Item, said: readonly string[]): boolean {
  const rest = said.reduce((text, words) => text.replace(words, ''), textOf(description));
  return (rest.match(/[\p{L}\p{M}\p{N}%+]+/gu) ?? []).some((word) => !LEFT_BEHIND.has(word.toLowerCase()));
}

/** What of an item its column of dates shows, as it was written. */
function shownOf({ text }: Item, fields: Fields): string[] {
  const dates = fields.dates.map((one) => one.text).filter((words) => text.includes(words));
  const duration = durationIn(text, fields);
  return dates.length > 0 || duration === undefined ? dates : [duration];
}

const saidOf = (money: readonly MoneyField[]) =>
  money.flatMap(({ text, terms }) => [text, ...(terms === undefined ? [] : [terms])]);

/** A table of the columns that have something in any row. */
function withColumns(columns: readonly (readonly [string, readonly Runs[], 'right'?])[]): Block {
  const used = columns.filter(([, cells]) => cells.some((cell) => textOf(cell).trim() !== ''));
  const [, first = []] = columns[0] ?? [];
  return tableOf(
    used.map(([title, , align = 'left' as const]) => ({ title: [{ text: title }], align })),
    first.map((_, row) => used.map(([, cells]) => cells[row] ?? [])),
  );
}

function whenOf(text: string, fields: Fields): string | undefined {
  return dateIn(text, fields) ?? durationIn(text, fields);
}

/** A cell of a column of dates has room for so many letters. */
const LONGEST_DURATION = 40;

/** From the first length of time to the last one, as in `ten sprints of two weeks`; the first alone where that is too much. */
function durationIn(text: string, { durations }: Fields): string | undefined {
  const found = durations
    .filter((one) => text.includes(one.text))
    .map((one) => ({ from: text.indexOf(one.text), to: text.indexOf(one.text) + one.text.length }));
  const from = Math.min(...found.map((one) => one.from));
  const whole = text.slice(from, Math.max(...found.map((one) => one.to)));
  if (whole.length <= LONGEST_DURATION && !whole.includes('\n')) return whole === '' ? undefined : whole;
  return text.slice(from, found.find((one) => one.from === from)?.to);
}

function dateIn(text: string, { dates }: Fields): string | undefined {
  const found = dates.filter((one) => text.includes(one.text));
  // A date is not broken in its middle.
  const dayByDay = found.map((one) =>
    dateWords(one).replaceAll(/(\d) (\p{L}+) (\d)/gu, '$1\u00A0$2\u00A0$3'),
  );
  return found.length === 0 ? undefined : dayByDay.join('\n');
}

function moneyIn(text: string, { money }: Fields): readonly MoneyField[] {
  return money.filter((one) => text.includes(one.text));
}

const plainRuns = (text: string): Runs => (text === '' ? [] : [{ text }]);

export function textOf(runs: Runs): string {
  return runs.map(({ text }) => text).join('');
}

function itemsOf(list: ListBlock): Item[] {
  return list.items.map((blocks) => {
    const [first, ...rest] = blocks;
    const runs = first?.kind === 'paragraph' ? first.runs : linesOf(first === undefined ? [] : [first], '');
    const more = linesOf(first?.kind === 'paragraph' ? rest : [], '');
    const { name, description } = split(runs);
    const whole = [...description, ...(description.length > 0 && more.length > 0 ? LINE : []), ...more];
    return { name, description: whole, text: textOf([...runs, { text: '\n' }, ...more]) };
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
function split(runs: Runs): Pick<Item, 'name' | 'description'> {
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
    return textOf(block.runs)
      .split(/(?<=[.!?])\s+(?=\p{Lu})/u)
      .map((text) => ({ name: [{ text }], description: [], text }));
  });
}
