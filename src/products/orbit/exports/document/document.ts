import { tabulated, textOf } from './facts.ts';
import { Budget, MOST, TooLarge } from './limits.ts';
import { blocksOf } from './markdown.ts';
import type { Block, DocumentPart, ScopeDocument } from './model.ts';
import type { ExportSource, SourceSection } from './source.ts';
import { tableOf } from './tables.ts';
import { fitLine, fitText } from './text.ts';
import { dayWords, statusWord, WORDS } from './words.ts';

/** A scope as a document, whatever format it is then written in. Throws `TooLarge`. */
export function documentOf(source: ExportSource): ScopeDocument {
  assertSize(source);
  const budget = new Budget();
  const parts = source.sections.map((section) => partOf(section, budget));
  const sources = source.documents === null ? [] : sourcesOf(source, budget);
  return {
    title: fitLine(source.title),
    workspace: fitLine(source.workspace),
    client: lineOrNone(source.client),
    project: lineOrNone(source.project),
    date: dayWords(source.instant),
    instant: source.instant,
    version: source.version,
    status: statusWord(source.status),
    summary: fitText(source.summary).trim() === '' ? null : fitText(source.summary).trim(),
    parts: [...parts, ...sources],
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

function partOf(section: SourceSection, budget: Budget): DocumentPart {
  const title = fitLine(section.title);
  const blocks = blocksOf(section.content, budget);
  const [first] = blocks;
  // Many write the section's own title on top of its text.
  const isRepeated = first?.kind === 'heading' && sameWords(textOf(first.runs), title);
  return { title, blocks: tabulated(section, isRepeated ? blocks.slice(1) : blocks) };
}

function sameWords(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.toLowerCase();
}

/** Where the sections come from: the documents, pages and passages that they cite. */
function sourcesOf({ sections, documents }: ExportSource, budget: Budget): DocumentPart[] {
  const rows = sections.flatMap(({ title, citations }) =>
    citations.map(({ document_id, page, quote }) => {
      budget.row(4);
      const name = documents?.[document_id] ?? WORDS.removed;
      return [title, name, String(page), `“${quote}”`].map((text) => [{ text: fitLine(text) }]);
    }),
  );
  if (rows.length === 0) return [];
  const table: Block = tableOf(
    [
      { title: [{ text: WORDS.section }], align: 'left' },
      { title: [{ text: WORDS.document }], align: 'left' },
      { title: [{ text: WORDS.page }], align: 'right' },
      { title: [{ text: WORDS.quote }], align: 'left' },
    ],
    rows,
  );
  return [{ title: WORDS.sources, blocks: [table] }];
}
