import { type Fields, fieldsIn } from '@plinth/documents';
import type { Item } from './item.ts';

/** Words that say nothing of what a line is about. */
const EMPTY_WORDS = new Set(
  'a an and are as at be been being by do does for from has have in is it its of on or our shall should so that the their there these they this to we were will with would you your must may can not no than then which who within into per all any each also about der die das ein eine einen und oder im in ist sind von zu mit für auf den dem des wird werden soll muss le la les un une des et ou de du est sont pour avec dans sur'.split(
    ' ',
  ),
);
/** Titles that models give to anything of a kind. */
const KIND_WORDS = new Set(
  'overview objective objectives goal goals deliverable deliverables timeline schedule milestone budget price cost costs fee payment assumption assumptions exclusion exclusions risk risks acceptance criteria criterion other scope project item requirement requirements summary general note notes'.split(
    ' ',
  ),
);

/** The words of a text that carry it, in small letters. */
export function wordsIn(text: string): ReadonlySet<string> {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => !EMPTY_WORDS.has(word)));
}

/** The share of words that two texts have in common (Jaccard). */
export function jaccard(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size === 0 || other.size === 0) return 0;
  let shared = 0;
  for (const word of one) if (other.has(word)) shared += 1;
  return shared / (one.size + other.size - shared);
}

/** An item with what it is compared by. */
export interface ComparisonItem {
  readonly item: Item;
  readonly words: ReadonlySet<string>;
  /** Words of its title, without those that only name its kind. */
  readonly title: ReadonlySet<string>;
  /** Its subject, without its amounts and dates. */
  readonly subject: ReadonlySet<string>;
  readonly fields: Fields;
  readonly money: ReadonlySet<string>;
  readonly dates: ReadonlySet<string>;
  readonly terms: ReadonlySet<string>;
  readonly documents: ReadonlySet<string>;
}

/** Fields are read out of the document's own words, and out of the model's only where it has no quote that occurs. */
export function comparisonOf(item: Item): ComparisonItem {
  const quotes = item.citations.map(({ quote }) => quote);
  const fields = fieldsIn(...(quotes.length === 0 ? [item.text] : quotes));
  const title = [...wordsIn(item.title)].filter((word) => !KIND_WORDS.has(word));
  return {
    item,
    words: wordsIn(item.text),
    title: new Set(title),
    subject: wordsIn(withoutValues(`${item.title} ${item.text}`)),
    fields,
    money: valueKeys(fields).money,
    dates: valueKeys(fields).date,
    terms: new Set(fields.money.flatMap(({ terms }) => (terms === undefined ? [] : [terms]))),
    documents: new Set(item.citations.map(({ document_id: id }) => id)),
  };
}

/** Amounts and dates by which two texts are compared. */
export function valueKeys({ money, dates }: Pick<Fields, 'money' | 'dates'>) {
  return {
    money: new Set(
      money.flatMap(({ currency, amount_minor: least, until_minor: most }) =>
        least === null ? [] : [`${currency ?? ''} ${least} ${most ?? ''}`],
      ),
    ),
    date: new Set(dates.flatMap(({ date, until }) => (date === null ? [] : [`${date} ${until ?? ''}`]))),
  };
}

function withoutValues(text: string): string {
  const { dates, money } = fieldsIn(text);
  return [...dates, ...money].reduce((rest, field) => rest.replace(field.text, ' '), text);
}

/** Whether two sets of values contradict each other: both say something, and nothing in common. */
export function differ(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size > 0 && other.size > 0 && ![...one].some((value) => other.has(value));
}

const SAME_TEXT = 0.7;
const FEW_WORDS = 4;

/** Whether two items say one thing: nearly the same words, one within the other, or the same title that names something. */
export function isSame(one: ComparisonItem, other: ComparisonItem): boolean {
  if (one.item.type !== other.item.type) return false;
  if (differ(one.money, other.money) || differ(one.dates, other.dates)) return false;
  if (differ(one.terms, other.terms)) return false;
  if (saysTheSame(one, other)) return true;
  return one.title.size > 0 && jaccard(one.title, other.title) === 1;
}

/** Whether the text of one adds nothing to the other's. */
export function saysTheSame(one: ComparisonItem, other: ComparisonItem): boolean {
  if (jaccard(one.words, other.words) >= SAME_TEXT) return true;
  const [fewer, more] = one.words.size <= other.words.size ? [one, other] : [other, one];
  return fewer.words.size >= FEW_WORDS && [...fewer.words].every((word) => more.words.has(word));
}
