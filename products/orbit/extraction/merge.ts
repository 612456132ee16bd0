import { fieldsIn, languageOf, tableAsMarkdown } from '@plinth/documents';
import {
  SECTION_TYPES,
  type Citation,
  type NewSection,
  type SectionType,
} from '../scopes/sections/section.ts';
import { confidenceOf, meanOf } from './confidence.ts';
import { conflictNote } from '../scopes/open-conflicts.ts';
import { type Conflict, conflictsIn } from './conflicts.ts';
import type { Item } from './item.ts';
import { type ComparisonItem, comparisonOf, isSame, saysTheSame } from './likeness.ts';

/** An item of a chunk, and whether an earlier extraction has put it into the scope already. */
export interface MergeItem extends Item {
  readonly isTold?: boolean;
}

export interface MergeResult {
  readonly sections: readonly NewSection[];
  readonly conflicts: readonly Conflict[];
  /** Confidence of each item, also of those that the scope has already. */
  readonly confidences: readonly number[];
}

const MOST = { content: 40_000, citations: 100, joinedText: 1_500, perItem: 20 } as const;

interface JoinedItem {
  at: ComparisonItem;
  isTold: boolean;
}

/**
 * Makes sections of what the chunks say, one for each type: what two chunks say of one thing is there once, with the quotes of
 * both, and what contradicts itself is there twice, with a note of both places. Items come in the order of the documents.
 */
export function mergeItems(
  items: readonly MergeItem[],
  nameOf: (documentId: string) => string,
  titles: Readonly<Record<SectionType, string>> = languageOf('en').words.sections,
): MergeResult {
  const joined = joinedItems(items);
  const conflicts = conflictsIn(joined.map(({ at }) => at));
  const conflicting = new Set(conflicts.flatMap((one) => one.items));
  const rated = joined.map((one) => ({
    ...one,
    confidence: confidenceOf(one.at.item, conflicting.has(one.at)),
  }));
  const told = new Set(joined.filter(({ isTold }) => isTold).map(({ at }) => at));
  const fresh = conflicts
    .filter((one) => one.items.some((item) => !told.has(item)))
    .map(({ conflict }) => conflict);
  const sections = SECTION_TYPES.flatMap((type) => {
    const of = rated.filter(({ at, isTold }) => at.item.type === type && !isTold);
    const notes = fresh.filter((conflict) => conflict.type === type).map((one) => noteOf(one, nameOf));
    return of.length + notes.length === 0 ? [] : [sectionOf(type, of, { title: titles[type], notes })];
  });
  return { sections, conflicts: fresh, confidences: rated.map(({ confidence }) => confidence) };
}

function joinedItems(items: readonly MergeItem[]): JoinedItem[] {
  const joined: JoinedItem[] = [];
  for (const { isTold = false, ...item } of items) {
    const at = comparisonOf(item);
    const same = joined.find((one) => isSame(one.at, at));
    if (same === undefined) joined.push({ at, isTold });
    else {
      same.at = mergePair(same.at, at);
      same.isTold ||= isTold;
    }
  }
  return joined;
}

/** One item of two: the longer text, or both where each says something of its own, the quotes of both, the surer word. */
function mergePair(one: ComparisonItem, other: ComparisonItem): ComparisonItem {
  const [long, short] =
    other.item.text.length > one.item.text.length ? [other.item, one.item] : [one.item, other.item];
  const together = `${one.item.text} ${other.item.text}`;
  const text = saysTheSame(one, other) || together.length > MOST.joinedText ? long.text : together;
  const citations = uniqueCitations([...one.item.citations, ...other.item.citations]);
  const missed =
    one.item.quoted - one.item.citations.length + other.item.quoted - other.item.citations.length;
  const certainty = one.item.certainty === 'stated' ? 'stated' : long.certainty;
  return comparisonOf({
    type: one.item.type,
    title: long.title === '' ? short.title : long.title,
    text,
    certainty: other.item.certainty === 'stated' ? 'stated' : certainty,
    citations: citations.slice(0, MOST.perItem),
    quoted: Math.min(citations.length, MOST.perItem) + missed,
    ...(text === long.text && long.table !== undefined ? { table: long.table } : {}),
    // A legible text in one document is enough.
    legibility: Math.max(one.item.legibility ?? 1, other.item.legibility ?? 1),
  });
}

function uniqueCitations(citations: readonly Citation[]): Citation[] {
  return [...new Map(citations.map((one) => [`${one.document_id} ${one.page} ${one.quote}`, one])).values()];
}

function sectionOf(
  type: SectionType,
  items: readonly { readonly at: ComparisonItem; readonly confidence: number }[],
  { title, notes }: { readonly title: string; readonly notes: readonly string[] },
): NewSection {
  const citations = uniqueCitations(items.flatMap(({ at }) => at.item.citations)).slice(0, MOST.citations);
  const texts = items.flatMap(({ at: { item } }) =>
    item.citations.length === 0 ? [item.text] : item.citations.map(({ quote }) => quote),
  );
  return {
    type,
    title,
    content: joinWithinLimit([
      ...blocksOf(
        type,
        items.map(({ at }) => at.item),
      ),
      ...notes,
    ]),
    fields: fieldsIn(...texts),
    confidence: meanOf(items.map(({ confidence }) => confidence)),
    citations,
  };
}

/** Items that follow each other as one list, and rows of one table as one table. */
function blocksOf(type: SectionType, items: readonly Item[]): string[] {
  const blocks: string[] = [];
  let list: string[] = [];
  let table: { readonly head: readonly string[]; readonly rows: (readonly string[])[] } | undefined;
  const endList = (): void => {
    blocks.push(list.join(type === 'overview' ? '\n\n' : '\n'));
    list = [];
  };
  const endTable = (): void => {
    if (table !== undefined) blocks.push(tableAsMarkdown(table));
    table = undefined;
  };
  for (const item of items) {
    const { table: found } = item;
    const goesOn =
      found !== undefined && found.before === '' && found.head.join('|') === table?.head.join('|');
    if (!goesOn) endTable();
    if (found === undefined || found.before !== '')
      list.push(lineOf(type, found === undefined ? item : { ...item, text: found.before }));
    if (found === undefined) continue;
    endList();
    table ??= { head: found.head, rows: [] };
    table.rows.push(...found.rows);
  }
  endTable();
  endList();
  return blocks;
}

const LONGEST_ARTICLE = 5;

function lineOf(type: SectionType, { title, text }: Item): string {
  if (type === 'overview') return text;
  // "An admin dashboard …" has its title in it.
  const start = text.slice(0, title.length + LONGEST_ARTICLE).toLowerCase();
  const isTitled = title !== '' && !start.includes(title.toLowerCase());
  return isTitled ? `- **${title.replaceAll('*', '')}**: ${text}` : `- ${text}`;
}

function noteOf({ subject, values }: Conflict, nameOf: (documentId: string) => string): string {
  const places = values.map(({ text, citations: [first] }) =>
    first === undefined ? `“${text}”` : `“${text}” (${nameOf(first.document_id)}, page ${first.page})`,
  );
  return conflictNote(subject, places);
}

/** Paragraphs as far as there is room, cut after a line. */
function joinWithinLimit(paragraphs: readonly string[]): string {
  const text = paragraphs.filter((paragraph) => paragraph !== '').join('\n\n');
  if (text.length <= MOST.content) return text;
  const cut = text.slice(0, MOST.content);
  return cut.slice(0, cut.lastIndexOf('\n'));
}
