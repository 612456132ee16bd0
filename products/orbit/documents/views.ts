import {
  type AccountId,
  AppError,
  createFollowing,
  type Page,
  page,
  positionOf,
  type ProductContext,
  timeList,
  workSignals,
  type WorkStatus,
} from 'plinth/product';
import { z } from 'zod';
import type { DocumentRow, DocumentStatus, PageRow } from './document.ts';
import {
  type DocumentKey,
  type DocumentQuery,
  documentsOf,
  listDocuments,
  listPages,
  placesOf,
  readDocument,
  textsOf,
} from './store.ts';

/** Signals of a document to all processes, by its id. */
export const signals = workSignals('orbit.document');

const WORK: Readonly<Record<DocumentStatus, WorkStatus>> = {
  pending: 'queued',
  processing: 'running',
  completed: 'completed',
  failed: 'failed',
};

/** The text of a document, page by page. */
export interface DocumentText {
  readonly documentId: string;
  readonly name: string;
  readonly pages: readonly {
    readonly page: number;
    readonly text: string;
    /** How surely it was read, 0 to 1. */
    readonly confidence: number;
  }[];
}

/** Throws `scope_not_found`, `project_not_found`. */
export function assertPlaces(
  places: { readonly scope: boolean; readonly project: boolean } | undefined,
): void {
  if (places?.scope !== true) throw new AppError('scope_not_found');
  if (!places.project) throw new AppError('project_not_found');
}

export const noDocument = () => new AppError('document_not_found');

/** Documents as they are read from the database: nothing here changes them. */
/** Which pages of a document: those after a cursor, else from one of them on. */
interface PagesQuery {
  readonly cursor?: string | undefined;
  readonly from?: number | undefined;
  readonly limit: number;
}

export function createDocumentViews({ db, blobs }: Pick<ProductContext, 'db' | 'blobs'>) {
  async function read(key: DocumentKey): Promise<DocumentRow> {
    const [[row]] = await db.tenant(key.accountId, [readDocument(key)]);
    if (row === undefined) throw noDocument();
    return row;
  }

  const following = createFollowing<DocumentRow>(db, {
    signals,
    read,
    statusOf: ({ status }) => WORK[status],
  });

  /** Newest first. Throws `scope_not_found`, `project_not_found`. */
  async function list(
    accountId: AccountId,
    query: Omit<DocumentQuery, 'after'> & { readonly cursor: string | undefined },
  ): Promise<Page<DocumentRow>> {
    const { scopeId, projectId, status, cursor, limit } = query;
    const documents = timeList('documents', { scopeId, projectId, status });
    const after = documents.after(cursor);
    const asked = { scopeId, projectId, status, after, limit: limit + 1 };
    const [[places], rows] = await db.tenant(accountId, [
      placesOf(accountId, query),
      listDocuments(accountId, asked),
    ]);
    assertPlaces(places);
    return documents.page(rows, limit);
  }

  /** Pages that were read so far, in their order, from one of them on. */
  async function pages(key: DocumentKey, { cursor, from = 1, limit }: PagesQuery): Promise<Page<PageRow>> {
    const position = z.tuple([z.literal(key.id), z.int().min(0)]);
    const [, after] = cursor === undefined ? ['', from - 1] : positionOf(cursor, position);
    const [[row], rows] = await db.tenant(key.accountId, [
      readDocument(key),
      listPages(key, { after, limit: limit + 1 }),
    ]);
    if (row === undefined) throw noDocument();
    return page(rows, limit, { item: (one): PageRow => one, position: (one) => [key.id, one.page] });
  }

  /** A link to its file. */
  async function download(key: DocumentKey): Promise<{ url: string; expires_at: string }> {
    const { blob_id: blobId, uploaded_at: uploadedAt, name } = await read(key);
    if (blobId === null || uploadedAt === null) throw new AppError('document_not_uploaded');
    return blobs.download(key.accountId, blobId, { filename: name });
  }

  /** The names of documents by their ids; one that was deleted has none. */
  async function names(
    accountId: AccountId,
    documentIds: readonly string[],
  ): Promise<Record<string, string>> {
    const [found] = await db.tenant(accountId, [documentsOf(accountId, documentIds)]);
    return Object.fromEntries(found.map(({ id, name }) => [id, name]));
  }

  /** Throws `document_not_found`, and `document_not_ready` (409) where one is not read yet, or could not be. */
  async function assertReady(accountId: AccountId, documentIds: readonly string[]): Promise<void> {
    const [documents] = await db.tenant(accountId, [documentsOf(accountId, documentIds)]);
    for (const documentId of documentIds) findCompleted(documents, documentId);
  }

  /** The text of completed documents, in the order in which they are named. Throws as `assertReady`. */
  async function text(accountId: AccountId, documentIds: readonly string[]): Promise<DocumentText[]> {
    const [documents, texts] = await db.tenant(accountId, [
      documentsOf(accountId, documentIds),
      textsOf(accountId, documentIds),
    ]);
    const byDocument = Map.groupBy(texts, (row) => row.document_id);
    return documentIds.map((documentId) => {
      const { id, name } = findCompleted(documents, documentId);
      const rows = byDocument.get(id) ?? [];
      return {
        documentId: id,
        name,
        pages: rows.map((row) => ({ page: row.page, text: row.text, confidence: row.confidence })),
      };
    });
  }

  return {
    read,
    list,
    pages,
    download,
    names,
    assertReady,
    text,
    follow: (key: DocumentKey, wait: { readonly seconds: number; readonly signal: AbortSignal }) =>
      wait.seconds === 0 ? read(key) : following.waitFor(key, wait),
  };
}

/** One of these documents, which is read. */
function findCompleted<Document extends { readonly id: string; readonly status: DocumentStatus }>(
  documents: readonly Document[],
  documentId: string,
): Document {
  const document = documents.find(({ id }) => id === documentId.toLowerCase());
  if (document === undefined) throw noDocument();
  const { id, status } = document;
  if (status !== 'completed')
    throw new AppError('document_not_ready', { details: { document_id: id, status } });
  return document;
}
