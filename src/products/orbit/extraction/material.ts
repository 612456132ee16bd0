import { sha256 } from '#platform/kernel';
import type { DocumentText } from '../documents/service.ts';
import { type Chunk, chunksOf } from './chunks.ts';
import { jsonLine } from './json-line.ts';

/** Chunks of one extraction, each with its document. */
export interface DocumentChunk extends Chunk {
  readonly document: DocumentText;
  readonly digest: string;
  readonly fromPage: number;
  readonly toPage: number;
}

/** Of the prompt and of how a document is cut: what was read by another version is read again. */
const READ_BY = 'extract.v1';

/** The chunks of documents, in the order in which they were named. */
export function chunksOfAll(documents: readonly DocumentText[]): DocumentChunk[] {
  return documents.flatMap((document) =>
    chunksOf(document.pages)
      .filter(({ parts }) => parts.some(({ text }) => text.trim() !== ''))
      .map((chunk) => ({
        ...chunk,
        document,
        digest: sha256(JSON.stringify([READ_BY, chunk.heading, chunk.parts])),
        fromPage: chunk.parts[0]?.page ?? 1,
        toPage: chunk.parts.at(-1)?.page ?? 1,
      })),
  );
}

/** The pages of a chunk, as a prompt holds them. */
export function pagesAsJson({ parts }: Chunk): string {
  return jsonLine(parts.map(({ page, text }) => ({ page, text: text.toWellFormed() })));
}
