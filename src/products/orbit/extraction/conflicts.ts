import type { Citation, SectionType } from '../scopes/sections/section.ts';
import { jaccard, type ComparisonItem, differ } from './likeness.ts';

/** Two or more passages that can't all hold. Nothing is chosen and nothing averaged: a person decides. */
export interface Conflict {
  readonly kind: 'money' | 'date';
  readonly type: SectionType;
  /** What it is about. */
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
/** Words that are less alike are about two things. */
const SAME_SUBJECT = 0.6;

/** An item that says an amount or a date, and which of the things it is that a project has one of. */
interface ItemValues {
  readonly item: ComparisonItem;
  readonly values: ReadonlySet<string>;
  readonly single: string | undefined;
}

/** What contradicts what, of the items that are left after those that say the same were joined. */
export function conflictsIn(
  items: readonly ComparisonItem[],
): { conflict: Conflict; items: readonly ComparisonItem[] }[] {
  return (['money', 'date'] as const).flatMap((kind) => {
    const valued = items
      .map((item) => ({ item, values: kind === 'money' ? item.money : item.dates }))
      .filter(({ values }) => values.size > 0)
      .map((one) => ({ ...one, single: singleOf(kind, one.item) }));
    const left = new Set<ItemValues>(valued);
    return valued.flatMap((one) => {
      const others = left.has(one)
        ? [...left].filter((other) => other !== one && contradict(one, other))
        : [];
      if (others.length === 0) return [];
      const all = [one, ...others];
      for (const each of all) left.delete(each);
      return [{ conflict: conflictOf(kind, all), items: all.map(({ item }) => item) }];
    });
  });
}

function contradict(one: ItemValues, other: ItemValues): boolean {
  if (!differ(one.values, other.values)) return false;
  if (one.single !== undefined && one.single === other.single) return isOneThing(one, other);
  const isElsewhere = ![...one.item.documents].some((id) => other.item.documents.has(id));
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

/** Two budgets or dates that each name another thing, as `the budget for travel` and `the budget for hosting`, are no contradiction. */
function isOneThing(one: ItemValues, other: ItemValues): boolean {
  const [what, otherwise] = [thingOf(one.item), thingOf(other.item)];
  return what === undefined || otherwise === undefined || what === otherwise;
}

const WHOLE = new Set([
  'project',
  'work',
  'works',
  'all',
  'everything',
  'services',
  'contract',
  'engagement',
  'projekt',
]);

function thingOf({ item: { text } }: ComparisonItem): string | undefined {
  const named =
    /(?:budget|cost|price|fee|go[\s-]?live|launch|kick[\s-]?off|date|deadline|delivery|completion)\s+(?:for|of|für|pour|para)\s+(?:(?:the|our|your|a|an|whole|entire|die|den|das|le|la|el)\s+)*([\p{L}-]+)/iu.exec(
      text,
    )?.[1] ?? /\b([\p{L}-]+)\s+(?:budget|go-live|launch|kick-off|deadline)\b/iu.exec(text)?.[1];
  const word = named?.toLowerCase();
  return word === undefined || WHOLE.has(word) || GENERAL.test(word) ? undefined : word;
}

/** Words before a budget or a date that say nothing of what it is for. */
const GENERAL =
  /^(?:the|our|your|its|this|that|a|an|total|overall|entire|whole|maximum|planned|final|new|agreed|approved|estimated|fixed|client|of|for|and|with|is)$/iu;

function singleOf(kind: Conflict['kind'], { item }: ComparisonItem): string | undefined {
  const said = [item.title, item.text, ...item.citations.map(({ quote }) => quote)].join(' ');
  if (PART.test(said)) return undefined;
  return SINGLE.find((one) => one.kind === kind && one.words.test(said))?.subject;
}

function conflictOf(kind: Conflict['kind'], items: readonly ItemValues[]): Conflict {
  const [first] = items;
  const named = first?.single ?? first?.item.item.title ?? '';
  return {
    kind,
    type: first?.item.item.type ?? 'other',
    subject: named === '' ? (kind === 'money' ? 'Amount' : 'Date') : named,
    values: items.map(({ item: { item, fields } }) => ({
      text: (kind === 'money'
        ? fields.money.filter(({ amount_minor: amount }) => amount !== null)
        : fields.dates.filter(({ date }) => date !== null)
      )
        .map(({ text }) => text)
        .join(', ')
        .slice(0, 300),
      citations: item.citations.slice(0, 5),
    })),
  };
}
