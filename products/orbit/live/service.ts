import { AppError, lastEventId, openEvents, type Origin, type StreamEvent, type Wire } from 'plinth/product';
import type { z } from 'zod';
import type { OrbitParts } from '../orbit-parts.ts';
import { noScope } from '../scopes/locking.ts';
import { changeEvent, missedAfter, type MissedChanges } from './feed.ts';
import { createLiveReaders, type ScopeSubscription } from './live.ts';
import type { liveState, PresenceView } from './replies.ts';
import type { ReaderRights } from './store.ts';

/** The longest that one stream lasts, in milliseconds: a reader who reconnects is authorized anew. */
const LONGEST_STREAM = 300_000;

/** A user who wants to follow a scope. */
export interface Follower {
  readonly rights: ReaderRights;
  readonly origin: Pick<Origin, 'signal'>;
  readonly wire: Wire;
}

/** Presence and changes, as a stream of events. */
export function createLive({ db, ids }: Pick<OrbitParts, 'db' | 'ids'>) {
  const live = createLiveReaders({ db, ids });

  /** Throws `scope_not_found`. */
  async function rightsNow(asked: ReaderRights): Promise<ReaderRights> {
    const rights = await live.rightsNow(asked);
    if (rights === undefined) throw noScope();
    return rights;
  }

  /** Tells a user what becomes of a scope, until they leave, may read no more, or the stream is five minutes old. */
  async function follow({ rights, origin, wire }: Follower): Promise<void> {
    const told = toldUntil(lastEventId(wire));
    const following = await live.open(await rightsNow(rights));
    try {
      const first = await firstEvents(following, told);
      const { signal } = origin;
      const stream = openEvents(wire, {
        signal: AbortSignal.any([signal, following.reader.cut]),
        longest: LONGEST_STREAM,
      });
      try {
        await tell(following, first, stream);
      } finally {
        stream.end();
      }
    } finally {
      following.leave();
    }
  }

  /** First events of a stream: where the scope stands, or what was missed since. */
  async function firstEvents(
    { feed }: ScopeSubscription,
    told: number | undefined,
  ): Promise<{ readonly events: readonly StreamEvent[]; readonly head: number }> {
    if (told === undefined) return { events: [positionEvent('ready', feed.head)], head: feed.head };
    if (told === feed.head) return { events: [], head: told };
    const missed = await missedAfter(db, feed.key, told);
    return { events: eventsOf(missed), head: missed.head };
  }

  /** The same without a stream: what came after a number, and who is here. */
  async function read(rights: ReaderRights, after: number | undefined): Promise<z.infer<typeof liveState>> {
    await rightsNow(rights);
    const [missed, here] = await Promise.all([
      missedAfter(db, rights, after ?? Number.MAX_SAFE_INTEGER),
      live.presenceOf(rights),
    ]);
    return {
      seq: missed.head,
      reset: after !== undefined && missed.is === 'reset',
      changes: missed.is === 'changes' ? [...missed.changes] : [],
      here,
    };
  }

  /** Says which section a user edits, to all who have the scope open. Throws `scope_not_found`, `section_not_found`. */
  async function edit(rights: ReaderRights, sectionId: string | null): Promise<PresenceView> {
    await rightsNow(rights);
    if (!(await live.presence.edit(rights, sectionId))) throw new AppError('section_not_found');
    return live.presenceOf(rights);
  }

  return { follow, read, edit, prunePresence: () => live.presence.prune() };
}

/** Sends what a stream begins with, and then each event as it comes. */
async function tell(
  { reader }: ScopeSubscription,
  { events, head }: { readonly events: readonly StreamEvent[]; readonly head: number },
  stream: { readonly closed: AbortSignal; send(event: StreamEvent): Promise<boolean> },
): Promise<void> {
  for (const event of events) if (!(await stream.send(event))) return;
  let told = head;
  for (;;) {
    const event = await reader.next(told, stream.closed);
    if (event === undefined || !(await stream.send(event))) return;
    told = Number(event.id);
  }
}

function eventsOf(missed: MissedChanges): StreamEvent[] {
  return missed.is === 'reset' ? [positionEvent('reset', missed.head)] : missed.changes.map(changeEvent);
}

/** The current position of the scope: a read after it includes every change up to there. */
function positionEvent(event: 'ready' | 'reset', seq: number): StreamEvent {
  return { event, id: String(seq), data: { seq } };
}

/** The number of the last change that a reader was told. Another stream's id is 400. */
function toldUntil(id: string | undefined): number | undefined {
  if (id === undefined) return undefined;
  if (/^(0|[1-9]\d{0,14})$/.test(id)) return Number(id);
  throw new AppError('validation_failed', {
    message: 'The Last-Event-ID is not one that this stream has given out.',
    details: { issues: [{ path: 'headers.last-event-id', message: 'not an event of this stream' }] },
  });
}

export type LiveService = ReturnType<typeof createLive>;
