import { z } from 'zod';
import { tableIn, type TableRows, withoutBars } from '@plinth/documents';
import { SECTION_TYPES, type Citation, type SectionType } from '../scopes/sections/section.ts';
import { collapseSpaces } from './fold-text.ts';
import type { FindQuote, Page } from './quotes.ts';

/** How sure a model says that it is: models grade in words more steadily than in numbers. */
export const CERTAINTIES = ['stated', 'implied', 'unsure'] as const;
export type Certainty = (typeof CERTAINTIES)[number];

/** As a model is asked for what a chunk says. All fields are required, so that providers hold it to them. */
export const extracted = z.object({
  items: z.array(
    z.object({
      type: z.enum(SECTION_TYPES),
      title: z.string(),
      text: z.string(),
      certainty: z.enum(CERTAINTIES),
      citations: z.array(z.object({ page: z.number(), quote: z.string() })),
    }),
  ),
});
export type ExtractedItems = z.output<typeof extracted>;

/** Something that a chunk says, with the quotes that were found in its document. */
export interface Item {
  readonly type: SectionType;
  readonly title: string;
  readonly text: string;
  readonly certainty: Certainty;
  readonly citations: readonly Citation[];
  /** How many quotes the model gave; `citations` are those that occur. */
  readonly quoted: number;
  /** How surely the pages were read that it stands on, 0 to 1; 1 when not said. */
  readonly legibility?: number;
  /** Rows of a table that it is, with the heads of their columns; then `text` has the cells in one line. */
  readonly table?: TableRows;
}

const MOST = { items: 60, quotes: 8, title: 120, text: 1_500 } as const;

/** The document that a model was shown, and the pages of it. */
interface ItemSource {
  readonly documentId: string;
  readonly find: FindQuote;
  readonly pages: readonly Page[];
}

/** A model's items of a chunk, with each quote looked for in the document; one that does not occur is dropped. */
export function checkedItems({ items }: ExtractedItems, { documentId, find, pages }: ItemSource): Item[] {
  return items.slice(0, MOST.items).flatMap(({ citations, ...said }) => {
    const table = tableIn(
      said.text
        .toWellFormed()
        .replaceAll(/[^\P{Cc}\n]/gu, ' ')
        .slice(0, MOST.text),
      pages,
    );
    const text = cleanLine(table === undefined ? said.text : plainText(table), MOST.text);
    // A head or a ruler alone says nothing.
    if (text === '' || table?.rows.length === 0) return [];
    const given = citations.slice(0, MOST.quotes);
    const found = given.flatMap(({ page, quote }) => find(quote, page) ?? []);
    const distinct = new Map(found.map((one) => [`${one.page} ${one.quote}`, one]));
    const missed = given.length - found.length;
    return {
      type: said.type,
      title: cleanLine(withoutBars(said.title), MOST.title),
      text,
      certainty: said.certainty,
      citations: [...distinct.values()].map(({ page, quote }) => ({
        document_id: documentId,
        page,
        quote: cleanLine(quote, 500),
      })),
      quoted: distinct.size + missed,
      ...(table === undefined ? {} : { table }),
    };
  });
}

function plainText({ before, rows }: TableRows): string {
  const cells = rows.map((row) => row.filter((cell) => cell !== '').join(' · '));
  return [before, ...cells].filter((part) => part !== '').join(' ');
}

/** One line of text that a database takes, cut to a length. */
export function cleanLine(text: string, most: number): string {
  return collapseSpaces(text.toWellFormed().replaceAll(/\p{Cc}/gu, ' '))
    .slice(0, most)
    .toWellFormed();
}
