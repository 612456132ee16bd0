import type { DataKey } from 'plinth/product';
import { sealedText } from '../items/sealed-text.ts';
import type { MemberKey } from '../levels.ts';
import type { MessageRole, MessageRow } from './message-store.ts';

/** A message whose text is opened; null where it was recalled and is not of this session. */
export interface OpenMessage {
  readonly id: string;
  readonly client_id: string;
  readonly role: MessageRole;
  readonly speaker: string | null;
  readonly said_at: Date;
  readonly text: string | null;
  readonly recalled: boolean;
  /** Another message of the session has said it before. */
  readonly repeated: boolean;
}

export function openMessage(
  key: DataKey,
  { accountId }: MemberKey,
  { id, client_id, role, said_at, recalled, text, text_id, speaker }: MessageRow,
): OpenMessage {
  return {
    id,
    client_id,
    role,
    said_at,
    recalled,
    repeated: !recalled && text_id !== id,
    text: text_id === null ? null : sealedText.messageText.open(key, { accountId, id: text_id }, text),
    speaker: sealedText.messageSpeaker.open(key, { accountId, id }, speaker),
  };
}
