import { type Statement, statement } from 'plinth/product';
import { READABLE, type SessionKey } from './store.ts';

/** Summary of a session, sealed. */
export interface SummaryRow {
  readonly drawn: Uint8Array;
  readonly refined: Uint8Array | null;
}

/** No row: there is none of all messages that the session has now. */
export const readSummary = ({ accountId, userId, id }: SessionKey) =>
  statement<SummaryRow>(
    `select y.drawn, y.refined from coditect.memory_sessions s
     join coditect.memory_summaries y on y.account_id = $1 and y.id = s.id and y.messages = s.messages
     where ${READABLE} and s.id = $3`,
    [accountId, userId, id],
  );

/** No row true: the member may not read it, or more was said since. */
export const keepSummary = (
  session: string,
  { drawn, refined, messages }: SummaryRow & { readonly messages: number },
) =>
  statement<{ kept: boolean }>('select coditect.keep_summary($1, $2, $3, $4) as kept', [
    session,
    drawn,
    refined,
    messages,
  ]);

/** Stores a summary; a model's text about fewer messages goes. */
export const storeSummary = (
  { accountId, id }: SessionKey,
  { drawn, messages }: { readonly drawn: Uint8Array; readonly messages: number },
): Statement =>
  statement(
    `insert into coditect.memory_summaries as y (account_id, id, drawn, messages) values ($1, $2, $3, $4)
     on conflict (account_id, id) do update set drawn = excluded.drawn, messages = excluded.messages,
       refined = case when y.messages = excluded.messages then y.refined end, updated_at = app.now()`,
    [accountId, id, drawn, messages],
  );
