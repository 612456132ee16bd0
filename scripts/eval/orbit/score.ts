import { fieldsIn } from '@plinth/documents';
import { foldText, collapseSpaces } from '../../../products/orbit/extraction/fold-text.ts';
import { wordsIn } from '../../../products/orbit/extraction/likeness.ts';
import type { LabelledDocument } from './labelled.ts';
import type { ReadingResult } from './reading.ts';

/** So many were right, of how many. */
export interface Share {
  readonly right: number;
  readonly of: number;
}

export interface OrbitScore {
  readonly product: 'orbit';
  readonly documents: number;
  /** Sections that a reader found in a document and that were made: of the type, with a quote of the same passage. */
  readonly sectionRecall: Share;
  readonly byType: Readonly<Record<string, Share>>;
  /** Citations whose quote stands on the page that they name. */
  readonly citationTruth: Share;
  /** What the parsers alone read out of the documents' texts: of what is there, and of what they say is there. */
  readonly dates: Share;
  readonly money: Share;
  readonly datesPrecision: Share;
  readonly moneyPrecision: Share;
  /** Those of the same dates and amounts that are in the fields of the sections that were made. */
  readonly datesInSections: Share;
  readonly moneyInSections: Share;
  readonly failures: readonly string[];
  /** What was missed, to read. */
  readonly missed: readonly string[];
}

export function scoreOrbit(made: readonly ReadingResult[]): OrbitScore {
  const sections = made.flatMap((one) => sectionsOf(one));
  const types = [...new Set(sections.map(({ type }) => type))].toSorted();
  const fields = made.map((one) => fieldsOf(one));
  return {
    product: 'orbit',
    documents: made.length,
    sectionRecall: shareOf(sections.map(({ isMade }) => isMade)),
    byType: Object.fromEntries(
      types.map((type) => [
        type,
        shareOf(sections.filter((one) => one.type === type).map(({ isMade }) => isMade)),
      ]),
    ),
    citationTruth: shareOf(made.flatMap(citationsOf)),
    dates: shareOf(fields.flatMap(({ dates }) => dates.map(({ isRead }) => isRead))),
    money: shareOf(fields.flatMap(({ money }) => money.map(({ isRead }) => isRead))),
    datesPrecision: shareOf(fields.flatMap(({ datesRight }) => datesRight)),
    moneyPrecision: shareOf(fields.flatMap(({ moneyRight }) => moneyRight)),
    datesInSections: shareOf(fields.flatMap(({ dates }) => dates.map(({ isInSection }) => isInSection))),
    moneyInSections: shareOf(fields.flatMap(({ money }) => money.map(({ isInSection }) => isInSection))),
    failures: made.flatMap(({ labelled, failure }) =>
      failure === undefined ? [] : [`${labelled.name}: ${failure}`],
    ),
    missed: [
      ...sections
        .filter(({ isMade }) => !isMade)
        .map(({ document, type, title }) => `${document}: ${type} “${title}”`),
      ...fields.flatMap(({ dates, money, document }) =>
        [...dates, ...money]
          .filter(({ isRead }) => !isRead)
          .map(({ text }) => `${document}: “${text}” was read otherwise`),
      ),
    ],
  };
}

/** The rates promised for every model, and the recall for a real one; the least of them. */
export function overallOf(score: OrbitScore, isReal: boolean): number {
  const { sectionRecall, citationTruth, dates, money } = score;
  return Math.min(...[citationTruth, dates, money, ...(isReal ? [sectionRecall] : [])].map(partOf));
}

export function partOf({ right, of }: Share): number {
  return of === 0 ? 1 : right / of;
}

function shareOf(all: readonly boolean[]): Share {
  return { right: all.filter(Boolean).length, of: all.length };
}

/** A passage is found where a citation of the type shares most of its words, or one holds the other. */
function sectionsOf({ labelled, sections }: ReadingResult) {
  return labelled.expected.sections.map(({ type, title, quotes }) => {
    const cited = sections.filter((one) => one.type === type).flatMap(({ citations }) => citations ?? []);
    const isMade = quotes.some((quote) => cited.some((one) => isSamePassage(one.quote, quote)));
    return { document: labelled.name, type, title, isMade };
  });
}

const SHARED = 0.6;

function isSamePassage(one: string, other: string): boolean {
  const [a, b] = [foldText(one).text.toLowerCase(), foldText(other).text.toLowerCase()];
  if (a.includes(b) || b.includes(a)) return true;
  const [mine, theirs] = [wordsIn(a), wordsIn(b)];
  const shared = [...mine].filter((word) => theirs.has(word)).length;
  return shared > 0 && shared / Math.min(mine.size, theirs.size) >= SHARED;
}

/** Looked up anew, by white space alone: the product's own way of looking is what is tried. */
function citationsOf({ labelled, sections }: ReadingResult): boolean[] {
  return sections
    .flatMap(({ citations }) => citations ?? [])
    .map(({ page, quote }) => collapseSpaces(labelled.pages[page - 1] ?? '').includes(collapseSpaces(quote)));
}

const dateKey = ({ date, until }: { readonly date: string | null; readonly until?: string | undefined }) =>
  `${date ?? ''} ${until ?? ''}`;
const moneyKey = (one: {
  readonly currency: string | null;
  readonly amount_minor: number | null;
  readonly until_minor?: number | undefined;
}) => `${one.currency ?? ''} ${one.amount_minor ?? ''} ${one.until_minor ?? ''}`;

function fieldsOf({ labelled, sections }: ReadingResult) {
  const { expected, name } = labelled;
  const { dates, money } = readByParsers(labelled);
  const [dateKeys, moneyKeys] = [new Set(dates.map(dateKey)), new Set(money.map(moneyKey))];
  const inSections = {
    dates: new Set(sections.flatMap(({ fields }) => fields.dates.map(dateKey))),
    money: new Set(sections.flatMap(({ fields }) => fields.money.map(moneyKey))),
  };
  // The text alone says of a date without a day whether it was seen.
  const texts = dates.map(({ text }) => collapseSpaces(text).toLowerCase());
  const isSeen = (text: string) => {
    const wanted = collapseSpaces(text).toLowerCase();
    return texts.some((one) => one.includes(wanted) || wanted.includes(one));
  };
  return {
    document: name,
    dates: expected.dates.map((one) => ({
      text: one.text,
      isRead: one.date === null ? isSeen(one.text) : dateKeys.has(dateKey(one)),
      isInSection: inSections.dates.has(dateKey(one)),
    })),
    money: expected.money.map((one) => ({
      text: one.text,
      isRead: moneyKeys.has(moneyKey(one)),
      isInSection: inSections.money.has(moneyKey(one)),
    })),
    datesRight: dates
      .filter(({ date }) => date !== null)
      .map((one) => expected.dates.some((other) => dateKey(other) === dateKey(one))),
    moneyRight: money
      .filter(({ amount_minor: amount }) => amount !== null)
      .map((one) => expected.money.some((other) => moneyKey(other) === moneyKey(one))),
  };
}

/** Sentence by sentence, as quotes are: over line breaks, not over paragraphs. */
function readByParsers({ pages }: LabelledDocument): ReturnType<typeof fieldsIn> {
  const paragraphs = pages.flatMap((page) => page.split(/\n\s*\n/u)).map(collapseSpaces);
  const each = paragraphs.map((paragraph) => fieldsIn(paragraph));
  return {
    dates: each.flatMap(({ dates }) => dates),
    durations: each.flatMap(({ durations }) => durations),
    money: each.flatMap(({ money }) => money),
  };
}
