import { sha256 } from 'plinth/product';
import type { DocumentText } from '../documents/service.ts';
import { type Chunk, chunksOf, tokensOf } from './chunks.ts';
import type { Item } from './item.ts';
import { jsonLine } from './json-line.ts';

/** Chunks of one extraction, each with its document. */
export interface DocumentChunk extends Chunk {
  readonly document: DocumentText;
  readonly digest: string;
  readonly fromPage: number;
  readonly toPage: number;
}

/** Material that a model is shown in one call: a chunk, or a part of one. */
export type Material = Pick<DocumentChunk, 'document' | 'heading' | 'parts'>;

/** Version of the prompt and of how a document is cut: what was read by another version is read again. */
const READ_BY = 'extract.v1';

/** A struck text holds no more: no model is shown it, and no document says it as agreed. */
const STRUCK = /~~.+?~~/g;

/** The chunks of documents, in the order in which they were named. */
export function chunksOfAll(documents: readonly DocumentText[]): DocumentChunk[] {
  return documents.flatMap((document) =>
    chunksOf(document.pages.map(({ page, text }) => ({ page, text: text.replace(STRUCK, '') })))
      .filter(hasWords)
      .map((chunk) => ({
        ...chunk,
        document,
        digest: sha256(JSON.stringify([READ_BY, chunk.heading, chunk.parts])),
        fromPage: chunk.parts[0]?.page ?? 1,
        toPage: chunk.parts.at(-1)?.page ?? 1,
      })),
  );
}

function hasWords({ parts }: Chunk): boolean {
  return parts.some(({ text }) => text.trim() !== '');
}

/** How surely the pages were read that an item is cited from; all of its chunk where it is cited from none. */
export function legibilityOf(
  { document, fromPage, toPage }: DocumentChunk,
  { citations }: Pick<Item, 'citations'>,
): number {
  const cited = new Set(citations.map(({ page }) => page));
  const pages = document.pages.filter(({ page }) =>
    cited.size === 0 ? page >= fromPage && page <= toPage : cited.has(page),
  );
  return pages.reduce((sum, { confidence }) => sum + confidence, 0) / pages.length;
}

/** A little more than a half, so that lines of unlike length leave no third part of a line or two. */
const HALF = 0.55;

/** Material in two, cut where a document is cut, too: in more where a good place for a cut lies before the middle. */
export function halvesOf({ document, heading, parts }: Material): Material[] {
  const tokens = tokensOf(parts.map(({ text }) => text).join(''));
  return chunksOf(parts, Math.ceil(tokens * HALF))
    .filter(hasWords)
    .map((half) => ({ document, heading: half.heading ?? heading, parts: half.parts }));
}

/** The pages of a chunk, as a prompt holds them. */
export function pagesAsJson({ parts }: Pick<Chunk, 'parts'>): string {
  return jsonLine(parts.map(({ page, text }) => ({ page, text: text.toWellFormed() })));
}
