import type { AccountId, Database, ProductContext } from 'plinth/product';
import { CHANGED } from '../changes/service.ts';
import { headsOf, type ScopeKey } from '../changes/store.ts';
import { createFeed, type Feed } from './feed.ts';
import { CAME_OR_LEFT, createPresence, type Presence } from './presence.ts';
import { createReader, type Reader } from './reader.ts';
import { type PresenceView, shownPresence } from './replies.ts';
import { entitledReaders, presentAt, type ReaderRights } from './store.ts';

const TICK = 1_000;
/** Ticks between two looks at everybody who reads here: are they still allowed to, was a signal lost, who is here. */
const TICKS_A_ROUND = 3;
/** A reader whose rights could not be checked for so long is cut: with the tick after it, less than 10 s. */
const UNKNOWN = 8_500;
/** Milliseconds in which people who come and go are told of once. */
const GATHERED = 500;
/** More names than this are not read. */
const MOST_NAMED = 100;

/** A subscription to a scope at this process. */
export interface ScopeSubscription {
  readonly feed: Feed;
  readonly reader: Reader;
  /** Call it when their stream has ended. */
  leave(): void;
}

interface Open {
  readonly rights: ReaderRights;
  readonly reader: Reader;
  /** When a look at what they may began that found them allowed. */
  knownAt: number;
}

/** Everybody who follows a scope at this process. */
export interface Live {
  /** The rights of a reader of a scope at this instant, asked past all caches; undefined: they may not read it. */
  rightsNow(rights: ReaderRights): Promise<ReaderRights | undefined>;
  /** Begins to follow; from here on nothing is missed. */
  open(rights: ReaderRights): Promise<ScopeSubscription>;
  presenceOf(key: ScopeKey): Promise<PresenceView>;
  readonly presence: Presence;
}

export function createLiveReaders({ db, ids }: Pick<ProductContext, 'db' | 'ids'>): Live {
  const presence = createPresence({ db, ids });
  const feeds = createFeeds(db);
  const open = new Set<Open>();
  let timer: NodeJS.Timeout | undefined;
  let ticks = 0;
  let rounding = false;

  async function checkRights(): Promise<void> {
    const asked = [...open];
    const began = performance.now();
    const [rows] = await db.system('orbit.live', [entitledReaders(asked.map(({ rights }) => rights))]);
    const allowed = new Set(rows.map(({ place }) => place));
    for (const [index, one] of asked.entries()) {
      if (allowed.has(index + 1)) one.knownAt = began;
      else one.reader.end();
    }
  }

  /** A part that can't be done now is done in the next round, each by itself. */
  async function round(): Promise<void> {
    const beaten = presence.beat().then(() => feeds.lookWhoIsHere());
    await Promise.allSettled([checkRights(), feeds.catchUp(), beaten]);
    rounding = false;
  }

  function tick(): void {
    for (const { reader, knownAt } of open) if (performance.now() - knownAt > UNKNOWN) reader.end();
    ticks += 1;
    // A database that does not answer is not asked the same again.
    if (ticks % TICKS_A_ROUND !== 0 || rounding) return;
    rounding = true;
    void round();
  }

  function begin(one: Open): void {
    open.add(one);
    timer ??= setInterval(tick, TICK).unref();
  }

  function end(one: Open): void {
    open.delete(one);
    if (open.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    presence,
    async rightsNow(rights) {
      const [[row]] = await db.system('orbit.live', [entitledReaders([rights])]);
      return row === undefined ? undefined : { ...rights, keyPrefix: row.key_prefix ?? undefined };
    },
    async open(rights) {
      const reader = createReader();
      const knownAt = performance.now();
      const { feed, close } = await feeds.join(rights, reader);
      const one = { rights, reader, knownAt };
      begin(one);
      const left = presence.enter(rights);
      if (feed.presence !== undefined) reader.presence(feed.presence.data);
      return {
        feed,
        reader,
        leave() {
          close();
          end(one);
          left();
        },
      };
    },
    async presenceOf(key) {
      const [rows] = await db.system('orbit.live', [presentAt([key], MOST_NAMED)]);
      return shownPresence(rows);
    },
  };
}

/** The feeds of this process: one for each scope that is followed here. */
function createFeeds(db: Database) {
  const feeds = new Map<string, Feed>();
  const gathering = new Set<string>();
  let stopHearing: (() => void) | undefined;

  function hear(): () => void {
    const stops = [
      // A look that fails is made up for in the next round.
      db.onSignal(
        CHANGED,
        (scopeId) =>
          void feeds
            .get(scopeId)
            ?.look()
            .catch(() => {}),
      ),
      db.onSignal(CAME_OR_LEFT, gather),
    ];
    return () => stops.forEach((stop) => stop());
  }

  function gather(scopeId: string): void {
    if (!feeds.has(scopeId) || gathering.has(scopeId)) return;
    gathering.add(scopeId);
    setTimeout(() => {
      gathering.delete(scopeId);
      const feed = feeds.get(scopeId);
      if (feed !== undefined) void tellWhoIsHere([feed]).catch(() => {});
    }, GATHERED).unref();
  }

  async function tellWhoIsHere(asked: readonly Feed[]): Promise<void> {
    const [rows] = await db.system('orbit.live', [
      presentAt(
        asked.map(({ key }) => key),
        MOST_NAMED,
      ),
    ]);
    for (const feed of asked) {
      const data = shownPresence(rows.filter((row) => row.scope_id === feed.key.scopeId));
      const text = JSON.stringify(data);
      if (text === feed.presence?.text) continue;
      feed.presence = { text, data };
      for (const reader of feed.readers) reader.presence(data);
    }
  }

  function feedOf(key: ScopeKey): Feed {
    const present = feeds.get(key.scopeId);
    if (present !== undefined) return present;
    const feed = createFeed(db, key);
    feeds.set(key.scopeId, feed);
    stopHearing ??= hear();
    return feed;
  }

  function drop(feed: Feed, reader: Reader): void {
    feed.remove(reader);
    if (feed.readers.size > 0) return;
    if (feeds.get(feed.key.scopeId) === feed) feeds.delete(feed.key.scopeId);
    if (feeds.size > 0) return;
    stopHearing?.();
    stopHearing = undefined;
  }

  return {
    /** A scope's id is the server's own, and its reader was let in: it is of one account. */
    async join({ accountId, scopeId }: { accountId: AccountId; scopeId: string }, reader: Reader) {
      const feed = feedOf({ accountId, scopeId });
      feed.add(reader);
      try {
        await feed.opened;
      } catch (error) {
        drop(feed, reader);
        throw error;
      }
      return { feed, close: () => drop(feed, reader) };
    },
    /** Reads what came without a signal that was heard. */
    async catchUp(): Promise<void> {
      const all = [...feeds.values()];
      const [heads] = await db.system('orbit.live', [headsOf(all.map(({ key }) => key))]);
      const behind = heads.flatMap(({ scope_id, seq }) => {
        const feed = feeds.get(scope_id);
        // A look that goes on sees it, or the next round does.
        return feed !== undefined && seq > feed.head && !feed.isLooking ? [feed] : [];
      });
      await Promise.all(behind.map((feed) => feed.look()));
    },
    lookWhoIsHere: () => tellWhoIsHere([...feeds.values()]),
  };
}
