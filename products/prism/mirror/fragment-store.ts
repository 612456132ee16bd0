import { type AccountId, type Statement, statement, type WorkKey } from 'plinth/product';

export const FRAGMENT_KINDS = ['feeling', 'theme', 'need', 'strength', 'value'] as const;
export type FragmentKind = (typeof FRAGMENT_KINDS)[number];

export interface Fragment {
  readonly kind: FragmentKind;
  readonly text: string;
  readonly intensity: number;
}

export interface FragmentRow extends Fragment {
  readonly id: string;
  readonly message_id: string;
}

/** Fragments of a session, in the order of its messages. */
export function readFragments(accountId: AccountId, sessionId: string): Statement<FragmentRow> {
  return statement<FragmentRow>(
    `select f.id, f.message_id, f.kind, f.text, f.intensity from prism.mirror_fragments f
     where f.account_id = $1 and f.session_id = $2
     order by (select m.position from prism.mirror_messages m where m.account_id = $1 and m.id = f.message_id), f.created_at, f.id`,
    [accountId, sessionId],
  );
}

/** A message that fragments are drawn out of. */
export interface Source {
  readonly id: string;
  readonly content: string;
}

/** A message that a job is to draw fragments out of. No row: it has, or the session was deleted. */
export function readSource({ accountId, id }: WorkKey): Statement<Source> {
  return statement<Source>(
    `select m.id, m.content from prism.mirror_messages m
     join prism.mirror_sessions s on s.account_id = m.account_id and s.id = m.session_id and not s.trashed
     where m.account_id = $1 and m.id = $2 and m.drawing = 'due'`,
    [accountId, id],
  );
}

/** Messages of a session that there was no budget for when they were written, in their order. */
export function readMissed(accountId: AccountId, sessionId: string): Statement<Source> {
  return statement<Source>(
    `select id, content from prism.mirror_messages
     where account_id = $1 and session_id = $2 and drawing = 'missed' order by position`,
    [accountId, sessionId],
  );
}

/** Stores a fragment of a message, once; nothing where the session was deleted meanwhile. */
export function insertFragment(
  accountId: AccountId,
  of: { readonly id: string; readonly messageId: string },
  { kind, text, intensity }: Fragment,
): Statement {
  return statement(
    `insert into prism.mirror_fragments (account_id, id, session_id, message_id, kind, text, intensity, day)
     select m.account_id, $3, m.session_id, m.id, $4, $5, $6, m.day from prism.mirror_messages m
     join prism.mirror_sessions s on s.account_id = m.account_id and s.id = m.session_id and not s.trashed
     where m.account_id = $1 and m.id = $2
     on conflict (message_id, account_id, kind, text) do nothing`,
    [accountId, of.messageId, of.id, kind, text, intensity],
  );
}

/** Nothing is drawn out of a message any more. */
export function forgetDrawing({ accountId, id }: WorkKey): Statement {
  return statement(
    `update prism.mirror_messages set drawing = 'off', updated_at = app.now() where account_id = $1 and id = $2`,
    [accountId, id],
  );
}

/** Says what became of the fragments of a message. */
export function markDrawing({ accountId, id }: WorkKey, drawing: 'missed' | 'due' | 'drawn'): Statement {
  return statement(
    `update prism.mirror_messages set drawing = $3, updated_at = app.now() where account_id = $1 and id = $2 and drawing <> 'off'`,
    [accountId, id, drawing],
  );
}
