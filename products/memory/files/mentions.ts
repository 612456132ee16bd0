import { type Statement, statement } from 'plinth/product';
import type { MemberKey } from '../levels.ts';

/** A file that a message names, as it is written: its sealed name in base64. */
export interface NewMention {
  readonly id: string;
  readonly message_id: string;
  readonly file_id: string;
  readonly first: number;
  readonly last: number;
  readonly name: string;
}

/** Adds mentions of a session's messages; for its author alone. */
export const insertMentions = (
  { accountId, id }: MemberKey & { readonly id: string },
  mentions: readonly NewMention[],
): Statement =>
  statement(
    `insert into coditect.file_mentions (account_id, session_id, id, message_id, file_id, first, last, name)
     select $1, $2, n.id, n.message_id, n.file_id, n.first, n.last, decode(n.name, 'base64')
     from jsonb_to_recordset($3::jsonb) as n (id uuid, message_id uuid, file_id uuid, first integer, last integer, name text)`,
    [accountId, id, JSON.stringify(mentions)],
  );
