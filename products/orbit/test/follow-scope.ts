import { statement } from '#platform/db';
import type { Database } from '#platform/db';
import type { FollowedStream, StreamEvent } from '@plinth/testkit/fixtures/follow';
import type { Colleague } from './fixture.ts';

/** A reader of a scope's events, as a client reads them. */
export interface ScopeReader extends FollowedStream {
  /** The next event of a name; undefined: the stream ended before. */
  until(event: string, holds?: (told: StreamEvent) => boolean): Promise<StreamEvent | undefined>;
  /** The changes up to the one of this kind, with it. */
  changesUntil(kind: string): Promise<StreamEvent[]>;
}

export async function followScope(
  by: Colleague,
  scopeId: string,
  how: Parameters<Colleague['follow']>[1] = {},
): Promise<ScopeReader> {
  const followed = await by.follow(`/v1/scopes/${scopeId}/events`, how);
  const { next } = followed;
  return {
    ...followed,
    async until(event, holds = () => true) {
      for (let one = await next(); one !== undefined; one = await next())
        if (one.event === event && holds(one)) return one;
      return undefined;
    },
    async changesUntil(kind) {
      const changes: StreamEvent[] = [];
      for (let one = await next(); one !== undefined; one = await next()) {
        if (one.event !== 'change') continue;
        changes.push(one);
        if (one.data['kind'] === kind) break;
      }
      return changes;
    },
  };
}

/** The numbers that a scope's changes have, as they are stored. */
export async function numbersOf(db: Database, scopeId: string): Promise<number[]> {
  const rows = await db.asMigrator(
    statement<{ seq: number }>(
      'select seq::double precision as seq from orbit.scope_changes where scope_id = $1 order by seq',
      [scopeId],
    ),
  );
  return rows.map(({ seq }) => seq);
}

/** Ids of people who are here, as an event says. */
export function hereOf(told: StreamEvent | undefined): string[] {
  const users = (told?.data['users'] ?? []) as readonly { readonly user_id: string }[];
  return users.map(({ user_id }) => user_id).toSorted();
}
