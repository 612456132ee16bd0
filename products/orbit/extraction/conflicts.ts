import { type Fields, fieldsIn, moneyIn, sentencesOf } from '@plinth/documents';
import type { Citation, SectionType } from '../scopes/sections/section.ts';
import type { Item } from './item.ts';
import { jaccard, type ComparisonItem, differ, valueKeys } from './likeness.ts';

/** Two or more passages that can't all hold. Nothing is chosen and nothing averaged: a person decides. */
export interface Conflict {
  readonly kind: 'money' | 'date';
  readonly type: SectionType;
  /** Its subject. */
  readonly subject: string;
  readonly values: readonly ConflictValue[];
}

export interface ConflictValue {
  /** As the document has it: `$40,000`. */
  readonly text: string;
  readonly citations: readonly Citation[];
}

/** Things that a project has one of, by the words that name them. */
const SINGLE: readonly {
  readonly kind: Conflict['kind'];
  readonly subject: string;
  readonly words: RegExp;
}[] = [
  {
    kind: 'money',
    subject: 'Total budget',
    words:
      /\b(?:total|overall|entire|whole|maximum|gesamt\p{L}*)\b.{0,40}\b(?:budget|cost|price|fee|amount|investment)|\b(?:budget|project cost|project price)\b.{0,30}\b(?:is|of|are|capped|exceed|at|beträgt)\b|\bnot[\s-](?:to[\s-])?exceed|gesamtbudget|gesamtpreis/iu,
  },
  {
    kind: 'date',
    subject: 'Go-live',
    words: /\b(?:go[\s-]?live|goes? live|launch(?:es|ed)?|release date)\b/iu,
  },
  {
    kind: 'date',
    subject: 'Start',
    words: /\b(?:kick[\s-]?off|project (?:start|begins?)|start date|work (?:starts|begins))\b/iu,
  },
  {
    kind: 'date',
    subject: 'Completion',
    words:
      /\b(?:project (?:end|ends|completion)|completion date|final delivery|end date|deadline|complete(?:d)? by|finished by)\b/iu,
  },
];
/** A part of a project has dates and amounts of its own. */
const PART =
  /\b(?:phase|milestone|sprint|stage|month|monthly|hour|hourly|per|each|part|module|week|option)\b/iu;
/** An amount beside the whole, or within it. */
const COMPONENT =
  /(?<!\p{L})(?:contingenc(?:y|ies)|reserve|buffer|puffer|reserva|imprévus|deposit|anzahlung|acompte|advance|down\s?payment|retainer|instal?ments?|discount|rabatt|remise|sub-?total|gross|brutto|ttc|vat|mwst|tva|iva|tax(?:es)?|travel|expenses|hosting|maintenance|licen[cs]es?|penalt(?:y|ies)|late fees?|interest)(?!\p{L})/iu;
/** Where one statement of a sentence ends and the next begins. */
const CLAUSE =
  /;\s|,\s|[()]|(?<!\p{L})(?:including|includes|incl\.|of which|plus|and|und|davon|zzgl\.|inkl\.|et|dont|y)\s/iu;
/** Words that are less alike are about two things. */
const SAME_SUBJECT = 0.6;

/** An item that says an amount or a date, and which of the things it is that a project has one of. */
interface ItemValues {
  readonly item: ComparisonItem;
  readonly values: ReadonlySet<string>;
  readonly texts: readonly string[];
  readonly single: string | undefined;
  /** Words that name what the single value is of: none for the whole. */
  readonly thing: ReadonlySet<string>;
  /** The sum of a table or a list; a document has one for each of them. */
  readonly isSum: boolean;
}

/** Conflicts among the items that are left after those that say the same were joined. */
export function conflictsIn(
  items: readonly ComparisonItem[],
): { conflict: Conflict; items: readonly ComparisonItem[] }[] {
  return [
    ...conflictsAmong('money', items.flatMap(termsOf)),
    ...(['money', 'date'] as const).flatMap((kind) =>
      conflictsAmong(
        kind,
        items.map((item) => valuesOf(kind, item)).filter(({ values }) => values.size > 0),
      ),
    ),
  ];
}

function conflictsAmong(kind: Conflict['kind'], valued: readonly ItemValues[]) {
  const left = new Set<ItemValues>(valued);
  return valued.flatMap((one) => {
    const others = left.has(one) ? [...left].filter((other) => other !== one && contradict(one, other)) : [];
    if (others.length === 0) return [];
    const all = [one, ...others];
    for (const each of all) left.delete(each);
    return [{ conflict: conflictOf(kind, all), items: all.map(({ item }) => item) }];
  });
}

function contradict(one: ItemValues, other: ItemValues): boolean {
  if (!differ(one.values, other.values)) return false;
  const isElsewhere = ![...one.item.documents].some((id) => other.item.documents.has(id));
  if (one.isSum && other.isSum && !isElsewhere) return false;
  if (one.single !== undefined && one.single === other.single) return isOneThing(one, other);
  const isOneKind = one.item.item.type === other.item.item.type;
  return (
    isElsewhere &&
    isOneKind &&
    jaccard(one.item.subject, other.item.subject) >= SAME_SUBJECT &&
    !(hasOwn(one.item.subject, other.item.subject) && hasOwn(other.item.subject, one.item.subject))
  );
}

/** Whether a text has a word that the other has not. Where both have, `the logo costs` and `the photos cost`, they are about two things. */
function hasOwn(words: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return [...words].some((word) => !others.has(word));
}

/**
 * Two budgets or dates that each name another thing, as `the budget for travel` and `the budget for hosting`, are no contradiction. In one
 * document a value of a named thing stands beside that of the whole.
 */
function isOneThing(one: ItemValues, other: ItemValues): boolean {
  if (one.thing.size === 0 && other.thing.size === 0) return true;
  if (one.thing.size === 0 || other.thing.size === 0) {
    return ![...one.item.documents].some((id) => other.item.documents.has(id));
  }
  return !(hasOwn(one.thing, other.thing) && hasOwn(other.thing, one.thing));
}

/** Words that say nothing of what a budget or a date is for. */
const GENERAL =
  /^(?:project|works?|all|everything|services|contract|engagement|projekt|the|our|your|its|it|we|this|that|an?|total|overall|entire|whole|maximum|planned|final|new|agreed|approved|estimated|fixed|client|of|for|and|with|is|will|should|must|shall|to|be|expected|die|der|das|den|le|la|el)$/iu;
const NAMED: readonly RegExp[] = [
  /(?:budget|cost|price|fee|go[\s-]?live|launch|kick[\s-]?off|date|deadline|delivery|completion)\s+(?:for|of|für|pour|para)\s+((?:[\p{L}\p{N}-]+\s*){1,4}?)(?=\s+(?:is|are|on|ist|am)(?!\p{L})|[^\p{L}\p{N}\s-]|$)/iu,
  /((?:[\p{L}-]+\s+){1,3})(?:budget|go-live|launch|kick-off|deadline)\b/iu,
  /((?:[\p{L}\p{N}-]+\s+){1,4})(?:go(?:es)? live|launch(?:es|ed)?|starts?|begins?|is (?:released|launched|completed?))\b/iu,
];

function thingOf(text: string): ReadonlySet<string> {
  for (const form of NAMED) {
    const words = (form.exec(text)?.[1] ?? '').toLowerCase().match(/[\p{L}\p{N}-]+/gu) ?? [];
    const named = words.filter((word) => !GENERAL.test(word));
    if (named.length > 0) return new Set(named);
  }
  return new Set();
}

const NONE: ReadonlySet<string> = new Set();

function valuesOf(kind: Conflict['kind'], item: ComparisonItem): ItemValues {
  const single = singleOf(kind, item);
  if (single !== undefined) return { item, ...single };
  const { values, texts } = fieldsOf(kind, item.fields);
  return { item, values, texts, single: undefined, thing: NONE, isSum: false };
}

function fieldsOf(kind: Conflict['kind'], { money, dates }: Fields) {
  const known = kind === 'money' ? { money, dates: [] } : { money: [], dates };
  const certain = [
    ...known.money.filter(({ amount_minor: amount }) => amount !== null),
    ...known.dates.filter(({ date }) => date !== null),
  ];
  return { values: valueKeys(known)[kind], texts: certain.map(({ text }) => text) };
}

/** The one value of a project that an item says: of the statement that names it, not of those beside it in its sentence. */
function singleOf(
  kind: Conflict['kind'],
  { item, fields }: ComparisonItem,
): Omit<ItemValues, 'item'> | undefined {
  const said = item.citations.length === 0 ? [item.text] : item.citations.map(({ quote }) => quote);
  const total = kind === 'money' ? totalIn(item) : undefined;
  const clauses = [
    ...(total === undefined ? [] : [total]),
    ...said.flatMap((text) => sentencesOf(text)).flatMap((one) => one.split(CLAUSE)),
  ];
  for (const clause of clauses) {
    const subject = subjectOf(kind, clause);
    const found = fieldsOf(kind, fieldsIn(clause));
    if (subject !== undefined && found.values.size > 0)
      return { ...found, single: subject, thing: thingOf(clause), isSum: TOTAL_AMOUNT.test(clause) };
  }
  const whole = [item.title, item.text, ...said].join(' ');
  const subject = subjectOf(kind, whole);
  return subject === undefined
    ? undefined
    : { ...fieldsOf(kind, fields), single: subject, thing: thingOf(whole), isSum: false };
}

function subjectOf(kind: Conflict['kind'], text: string): string | undefined {
  if (PART.test(text) || (kind === 'money' && COMPONENT.test(text))) return undefined;
  if (kind === 'money' && TOTAL_AMOUNT.test(text)) return 'Total budget';
  return SINGLE.find((one) => one.kind === kind && one.words.test(text))?.subject;
}

/** A row of a table that sums it up, as a sentence; its currency may stand in the head of its column. */
function totalIn({ table }: Item): string | undefined {
  const row = table?.rows.find(([first = '']) => TOTAL.test(first));
  const amounts = row?.slice(1).flatMap((cell, n) => {
    const head = table?.head[n + 1] ?? '';
    const currency =
      /[A-Z]{3}\b|\p{Sc}/u.exec(head)?.[0] ?? /[A-Z]{3}\b|\p{Sc}/u.exec(table?.head.join(' ') ?? '')?.[0];
    if (!/\d/.test(cell)) return [];
    return [moneyIn(cell).length > 0 || currency === undefined ? cell : `${currency} ${cell}`];
  });
  const last = amounts?.at(-1);
  return last === undefined ? undefined : `Total: ${last}`;
}

const TOTAL = /^[^\p{L}]*(?:(?:grand|overall)\s+)?(?:total|sum|gesamt\p{L}*|summe|somme|suma)(?!\p{L})/iu;
const TOTAL_AMOUNT = new RegExp(String.raw`${TOTAL.source}[^\p{L}]*(?:[A-Z]{3}|\p{Sc})?\s?\d`, 'iu');
const NET =
  /(?<!\p{L})net[\s-]?(\d{1,3})(?![\d,.%]*\d)|(?<!\d)(\d{1,3})\s+days\s+net(?!\p{L})|(?:due|payable|paid)\s+within\s+(?:\p{L}+\s+\()?(\d{1,3})\)?\s+(?:calendar\s+)?days/giu;

/** When invoices are paid: a project has one such term. */
function termsOf(item: ComparisonItem): ItemValues[] {
  const { citations, text } = item.item;
  const said = citations.length === 0 ? [text] : citations.map(({ quote }) => quote);
  const found = said
    .flatMap((one) => one.split(CLAUSE))
    .filter((clause) => !PART.test(clause) && !COMPONENT.test(clause))
    .flatMap((clause) => [...clause.matchAll(NET)]);
  const values = new Set(found.map(([, ...days]) => days.find((one) => one !== undefined) ?? ''));
  const texts = found.map(([match]) => match);
  return values.size === 0
    ? []
    : [{ item, values, texts, single: 'Payment terms', thing: NONE, isSum: false }];
}

function conflictOf(kind: Conflict['kind'], items: readonly ItemValues[]): Conflict {
  const [first] = items;
  const named = first?.single ?? first?.item.item.title ?? '';
  return {
    kind,
    type: first?.item.item.type ?? 'other',
    subject: named === '' ? (kind === 'money' ? 'Amount' : 'Date') : named,
    values: items.map(({ item: { item }, texts }) => ({
      text: texts.join(', ').slice(0, 300),
      citations: item.citations.slice(0, 5),
    })),
  };
}
