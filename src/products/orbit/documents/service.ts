import type { AccountId } from '#platform/kernel';
import type { ProductContext } from '#platform/product';

/** The text of a document, page by page. */
export interface DocumentText {
  readonly documentId: string;
  readonly name: string;
  readonly pages: readonly { readonly page: number; readonly text: string }[];
}

/** What clients brought: files, and the text that was read out of them. */
export function createDocuments(_context: ProductContext) {
  /** Throws `document_not_ready` (409) where one is not read yet. */
  function text(_accountId: AccountId, _documentIds: readonly string[]): Promise<DocumentText[]> {
    return Promise.resolve([]);
  }
  return { text };
}
