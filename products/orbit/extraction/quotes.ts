import { type FoldedText, foldText, collapseSpaces } from './fold-text.ts';

/** A page of a document. Pages count from 1. */
export interface Page {
  readonly page: number;
  readonly text: string;
}

/** A quote as it stands in the document: the page that it begins on, and the document's own words. */
export interface FoundQuote {
  readonly page: number;
  readonly quote: string;
}

/** Looks for a quote, on the page that was named first. Undefined: it does not occur. */
export type FindQuote = (quote: string, page: number) => FoundQuote | undefined;

/** The longest quote that is kept; of a longer one its beginning is. */
const LONGEST_QUOTE = 500;
/** A shorter one is found in any text, and so says nothing. */
const SHORTEST_QUOTE = 4;

/**
 * Checks quotes against the pages of one document. One that stands on another page than the one named gets the right page, the
 * nearest first; one that goes on over the end of a page is cited by its longer part.
 */
export function quoteFinder(pages: readonly Page[]): FindQuote {
  const known = pages.map((page) => ({ ...page, folded: foldText(page.text) }));
  return (quote, named) => {
    const wanted = foldText(quote).text;
    if (wanted.length < SHORTEST_QUOTE || !/[\p{L}\p{N}].*[\p{L}\p{N}]/u.test(wanted)) return undefined;
    const nearest = known.toSorted((a, b) => Math.abs(a.page - named) - Math.abs(b.page - named));
    for (const page of nearest) {
      const at = page.folded.text.indexOf(wanted);
      if (at >= 0) return { page: page.page, quote: original(page, at, wanted.length) };
    }
    return overTheBreak(known, wanted);
  };
}

interface KnownPage extends Page {
  readonly folded: FoldedText;
}

/** The document's own words for a stretch of the folded text. */
function original({ text, folded: { at, end } }: KnownPage, from: number, length: number): string {
  const words = collapseSpaces(text.slice(at[from] ?? 0, end[from + length - 1] ?? text.length));
  return words.length <= LONGEST_QUOTE ? words : cutAtWord(words);
}

function cutAtWord(text: string): string {
  const cut = text.slice(0, LONGEST_QUOTE).replace(/[\uD800-\uDBFF]$/u, '');
  const space = cut.lastIndexOf(' ');
  return space > LONGEST_QUOTE / 2 ? cut.slice(0, space) : cut;
}

function overTheBreak(pages: readonly KnownPage[], wanted: string): FoundQuote | undefined {
  for (const [n, page] of pages.entries()) {
    const next = pages[n + 1];
    if (next === undefined) return undefined;
    for (const between of [' ', '']) {
      const before = page.folded.text;
      const at = `${before}${between}${next.folded.text}`.indexOf(wanted);
      if (at < 0 || at >= before.length) continue;
      const here = before.length - at;
      const there = wanted.length - here - between.length;
      if (here >= there) return { page: page.page, quote: original(page, at, here) };
      return { page: next.page, quote: original(next, 0, there) };
    }
  }
  return undefined;
}
