import { namedObject } from 'plinth/product';
import { z } from 'zod';
import type { ChangeRow } from '../changes/store.ts';
import type { PresentRow } from './store.ts';

/** A change as readers are told it. */
export const change = namedObject('ScopeChange', {
  seq: z.int().describe('The scope’s changes are numbered, without gaps.'),
  kind: z.string().describe('`section.updated`, `comment.added` …'),
  data: z.record(z.string(), z.unknown()).describe('Ids, versions and names of fields.'),
  user_id: z.uuid().nullable().describe('Who did it; null: the server.'),
  created_at: z.iso.datetime(),
});
export type ChangeView = z.infer<typeof change>;

export const presence = namedObject('ScopePresence', {
  count: z.int().describe('How many people have the scope open.'),
  users: z
    .array(
      namedObject('PresentUser', {
        user_id: z.uuid(),
        full_name: z.string().nullable(),
        since: z.iso.datetime(),
        section_id: z.uuid().nullable().describe('The section that they are editing.'),
      }),
    )
    .describe('Who came first, first; 100 of them at most.'),
});
export type PresenceView = z.infer<typeof presence>;

/** How a scope stands for those who follow it. */
export const liveState = namedObject('ScopeEvents', {
  seq: z.int().describe('The number of the last change.'),
  reset: z.boolean().describe('You missed more than is kept: read the scope anew.'),
  changes: z.array(change).describe('Those after `after`; none without it.'),
  here: presence,
});

/** The change of a row; none in a row that only says how far the scope has come. */
export function shownChange({ seq, kind, data, actor_user, at }: ChangeRow): ChangeView[] {
  if (seq === null || kind === null || data === null || at === null) return [];
  return [{ seq, kind, data: { ...data }, user_id: actor_user, created_at: at.toISOString() }];
}

export function shownPresence(rows: readonly PresentRow[]): PresenceView {
  return {
    count: rows[0]?.count ?? 0,
    users: rows.map(({ user_id, full_name, since, section_id }) => ({
      user_id,
      full_name,
      since: since.toISOString(),
      section_id,
    })),
  };
}
