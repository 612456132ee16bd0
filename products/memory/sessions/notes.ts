import type { DataKey } from 'plinth/product';
import { sealedText } from '../items/sealed-text.ts';
import type { ItemKey } from '../levels.ts';

/** A session's texts by its author. `metadata`: any fields, their program's own. */
export interface SessionNotes {
  readonly title: string | null;
  readonly summary: string | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

export type SealedNotes = { readonly [Name in keyof SessionNotes]: Uint8Array | null };

const textOf = (metadata: SessionNotes['metadata']) => (metadata === null ? null : JSON.stringify(metadata));

export const sealNotes = (
  key: DataKey,
  session: Pick<ItemKey, 'accountId' | 'id'>,
  { title, summary, metadata }: SessionNotes,
): SealedNotes => ({
  title: sealedText.sessionTitle.seal(key, session, title),
  summary: sealedText.sessionSummary.seal(key, session, summary),
  metadata: sealedText.sessionMetadata.seal(key, session, textOf(metadata)),
});

export function openNotes(
  key: DataKey,
  session: Pick<ItemKey, 'accountId' | 'id'>,
  { title, summary, metadata }: SealedNotes,
): SessionNotes {
  const fields = sealedText.sessionMetadata.open(key, session, metadata);
  return {
    title: sealedText.sessionTitle.open(key, session, title),
    summary: sealedText.sessionSummary.open(key, session, summary),
    metadata: fields === null ? null : (JSON.parse(fields) as Record<string, unknown>),
  };
}

/** Bytes of the plan that they take: a title takes none. */
export const bytesOfNotes = ({ summary, metadata }: Pick<SessionNotes, 'summary' | 'metadata'>): number =>
  Buffer.byteLength(summary ?? '') + Buffer.byteLength(textOf(metadata) ?? '');
