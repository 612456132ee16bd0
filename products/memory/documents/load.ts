import { countLongText, countTokens } from 'plinth/product';
import { asLine } from '../one-line.ts';
import { asQuote, QUOTED, writeWithin } from '../prompt.ts';
import type { OpenDocument } from './service.ts';

/** Documents that are loaded into a budget of tokens. */
export interface LoadedDocuments {
  readonly documents: readonly OpenDocument[];
  /** Those for which there was no room. */
  readonly leftOut: readonly Omit<OpenDocument, 'text'>[];
}

/** Those that fit, in their order: one that does not fit is passed over, and none is cut. */
export function fitting<Document extends { readonly tokens: number }>(
  all: readonly Document[],
  budget: number,
): { readonly chosen: readonly Document[]; readonly passed: readonly Document[] } {
  let left = budget;
  const chosen: Document[] = [];
  const passed: Document[] = [];
  for (const document of all) {
    const fits = document.tokens <= left;
    if (fits) left -= document.tokens;
    (fits ? chosen : passed).push(document);
  }
  return { chosen, passed };
}

/** Documents as text for a prompt, in their order, as many of them as fit with what is said around them; and what was left out. */
export async function loadedAsMarkdown({ documents, leftOut }: LoadedDocuments, budget: number) {
  const quotes: { readonly document: OpenDocument; readonly text: string; readonly tokens: number }[] = [];
  for (const document of documents) {
    const text = quoteOf(document);
    quotes.push({ document, text, tokens: await countLongText(text) });
  }
  const { chosen } = fitting(quotes, budget - countTokens(QUOTED));
  const { kept, ...written } = await writeWithin(
    chosen,
    budget,
    (some) => QUOTED + some.map(({ text }) => text).join(''),
  );
  const passed = quotes.filter((one) => !kept.includes(one));
  return { ...written, leftOut: [...passed.map(({ document }) => document), ...leftOut] };
}

function quoteOf({ id, kind, name, version, text }: OpenDocument): string {
  const source = `— document ${id}, version ${version}`;
  return `> ## ${asLine(name)} (${kind})\n>\n${asQuote(text.trimEnd())}\n>\n> ${source}\n\n`;
}
