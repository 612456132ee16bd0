import type { AccountId, DataKey } from 'plinth/product';

/** A row that sealed texts are bound to. */
interface SealedRow {
  readonly accountId: AccountId;
  readonly id: string;
}

/** A column whose texts are sealed under the account's data key. Each is bound to its row: one that is copied to another opens nowhere. */
export class SealedText {
  readonly table: string;
  readonly column: string;

  constructor(table: string, column: string) {
    this.table = table;
    this.column = column;
  }

  seal(key: DataKey, row: SealedRow, text: string): Buffer;
  seal(key: DataKey, row: SealedRow, text: string | null): Buffer | null;
  seal(key: DataKey, row: SealedRow, text: string | null): Buffer | null {
    return text === null ? null : key.seal(text, this.placeIn(row));
  }

  open(key: DataKey, row: SealedRow, sealed: Uint8Array): string;
  open(key: DataKey, row: SealedRow, sealed: Uint8Array | null): string | null;
  open(key: DataKey, row: SealedRow, sealed: Uint8Array | null): string | null {
    return sealed === null ? null : key.open(sealed, this.placeIn(row));
  }

  /** The place that a text is bound to. It stands in what is sealed: it never changes. */
  placeIn({ accountId, id }: SealedRow): string {
    return `${this.table}.${this.column}/${accountId}/${id}`;
  }
}

/** All sealed columns of memory. */
export const sealedText = {
  sessionTitle: new SealedText('coditect.memory_sessions', 'title'),
  sessionSummary: new SealedText('coditect.memory_sessions', 'summary'),
  sessionMetadata: new SealedText('coditect.memory_sessions', 'metadata'),
  messageText: new SealedText('coditect.memory_messages', 'text'),
  messageSpeaker: new SealedText('coditect.memory_messages', 'speaker'),
  drawnSummary: new SealedText('coditect.memory_summaries', 'drawn'),
  refinedSummary: new SealedText('coditect.memory_summaries', 'refined'),
  fileName: new SealedText('coditect.memory_files', 'name'),
  mentionedName: new SealedText('coditect.file_mentions', 'name'),
  decisionTitle: new SealedText('coditect.memory_decision_versions', 'title'),
  decisionContext: new SealedText('coditect.memory_decision_versions', 'context'),
  decisionRationale: new SealedText('coditect.memory_decision_versions', 'rationale'),
  decisionConsequences: new SealedText('coditect.memory_decision_versions', 'consequences'),
  linkPath: new SealedText('coditect.memory_links', 'path'),
  documentText: new SealedText('coditect.memory_document_versions', 'text'),
  patternTitle: new SealedText('coditect.patterns', 'title'),
  sourceTexts: new SealedText('coditect.pattern_sources', 'texts'),
} as const;
