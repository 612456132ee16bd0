import { tabulate } from './facts.ts';
import { Budget, MOST, TooLarge } from './limits.ts';
import { sectionBlocks } from './markdown.ts';
import { withoutBars } from '../../fields/table-rows.ts';
import type { Block, DocumentPart, ScopeDocument } from './model.ts';
import type { ExportSource, SourceSection } from './source.ts';
import { tableOf } from './tables.ts';
import { fitLine, fitText } from './text.ts';
import { type DocumentLanguage, languageOf, statusWord } from './words.ts';

/** A scope as a document, before it is written in a format. Throws `TooLarge`. */
export function documentOf(source: ExportSource): ScopeDocument {
  assertSize(source);
  const budget = new Budget();
  const language = languageOf(source.language);
  const parts = source.sections.map((section) => partOf(section, { budget, language }));
  const sources = source.documents === null ? [] : sourcesOf(source, { budget, language });
  return {
    title: fitLine(source.title),
    workspace: fitLine(source.workspace),
    client: lineOrNone(source.client),
    project: lineOrNone(source.project),
    date: language.day(source.instant),
    instant: source.instant,
    version: source.version,
    status: statusWord(source.status, language),
    summary: fitText(source.summary).trim() === '' ? null : fitText(source.summary).trim(),
    parts: [...parts, ...sources],
    language,
    branding: source.branding,
  };
}

/** Throws `TooLarge` for a text that no document is made of: the look that costs nothing. */
export function assertSize({
  sections,
}: {
  readonly sections: readonly { readonly content: string }[];
}): void {
  const characters = sections.reduce((sum, { content }) => sum + content.length, 0);
  if (characters > MOST.characters)
    throw new TooLarge(
      `The sections have ${characters} characters together; an export takes ${MOST.characters}.`,
    );
}

function lineOrNone(text: string | null): string | null {
  const line = fitLine(text ?? '');
  return line === '' ? null : line;
}

interface DocumentContext {
  readonly budget: Budget;
  readonly language: DocumentLanguage;
}

function partOf(section: SourceSection, { budget, language: { words } }: DocumentContext): DocumentPart {
  const title = fitLine(section.title);
  return { title, blocks: tabulate(section.type, sectionBlocks(section, budget), words) };
}

/** Where the sections come from: the documents, pages and passages that they cite. */
function sourcesOf(
  { sections, documents }: ExportSource,
  { budget, language: { words, number } }: DocumentContext,
): DocumentPart[] {
  const rows = sections.flatMap(({ title, citations }) =>
    citations.map(({ document_id, page, quote }) => {
      budget.row(4);
      const name = documents?.[document_id] ?? words.removed;
      return [title, name, number(page), `“${withoutBars(quote)}”`].map((text) => [{ text: fitLine(text) }]);
    }),
  );
  if (rows.length === 0) return [];
  const table: Block = tableOf(
    [
      { title: [{ text: words.section }], align: 'left' },
      { title: [{ text: words.document }], align: 'left' },
      { title: [{ text: words.page }], align: 'right' },
      { title: [{ text: words.quote }], align: 'left' },
    ],
    rows,
  );
  return [{ title: words.sources, blocks: [table] }];
}
