import type { AccountId } from 'plinth/product';

/** The place that the sealed text of a document's version is bound to. */
export const placeOfText = (accountId: AccountId, version: string): string =>
  `coditect.memory_document_versions.text/${accountId}/${version}`;
