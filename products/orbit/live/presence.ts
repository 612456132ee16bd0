import { setImmediate } from 'node:timers/promises';
import { commitPoint, type ProductContext } from 'plinth/product';
import { deletePresence, type Present, prunePresence, setPresentSection, upsertPresence } from './store.ts';

const PRESENT = commitPoint('orbit.presence', 'who has which scope open at this process');
const EDIT = commitPoint('orbit.presence-section', 'which section of a scope somebody is editing');
const PRUNE = commitPoint(
  'orbit.presence-pruned',
  'what processes that are gone said of who is here is deleted',
);

/** The signal that a user came to a scope, or left it. */
export const CAME_OR_LEFT = 'orbit.presence';

/** Seconds that a user is here after their process said so last: three of its beats. */
const SECONDS = 15;

/** Readers at this process by their scope, as all processes may read it. */
export interface Presence {
  /** A user has opened a scope; call what it answers when they close it. */
  enter(present: Present): () => void;
  /** Says again who is here. */
  beat(): Promise<void>;
  /** Says which section a user who has a scope open edits; null: none. Answers whether there is such a section. */
  edit(present: Present, sectionId: string | null): Promise<boolean>;
  prune(): Promise<void>;
}

interface PresenceUpdate {
  readonly present: Present;
  readonly isNews: boolean;
}

export function createPresence({ db, ids }: Pick<ProductContext, 'db' | 'ids'>): Presence {
  const process = ids.next();
  const here = new Map<string, { readonly present: Present; streams: number }>();
  /** Updates that the database is not told yet, by who they are of: a user came or left, or is here as before. */
  let untold = new Map<string, PresenceUpdate>();
  let writing: Promise<void> | undefined;

  async function write(batch: ReadonlyMap<string, PresenceUpdate>): Promise<void> {
    const all = [...batch].map(([name, { present }]) => ({ present, isHere: here.has(name) }));
    await db.system('orbit.presence', PRESENT, [
      upsertPresence(
        process,
        all.flatMap(({ present, isHere }) => (isHere ? [present] : [])),
        SECONDS,
      ),
      deletePresence(
        process,
        all.flatMap(({ present, isHere }) => (isHere ? [] : [present])),
      ),
    ]);
  }

  /** All who come and go in one turn of the event loop, or while others are written, are written together. */
  async function flush(): Promise<void> {
    try {
      await setImmediate();
      while (untold.size > 0) {
        const batch = untold;
        untold = new Map();
        await write(batch);
        const news = [...batch.values()].filter(({ isNews }) => isNews);
        for (const scope of new Set(news.map(({ present }) => present.scopeId)))
          db.signal(CAME_OR_LEFT, scope);
      }
    } finally {
      writing = undefined;
    }
  }

  function say(name: string, said: PresenceUpdate): Promise<void> {
    untold.set(name, { ...said, isNews: said.isNews || untold.get(name)?.isNews === true });
    // An update that can't be written now runs out, or is said with the next beat.
    writing ??= flush().catch(() => {});
    return writing;
  }

  return {
    enter(present) {
      const name = `${present.accountId} ${present.scopeId} ${present.userId}`;
      const at = here.get(name) ?? { present, streams: 0 };
      here.set(name, at);
      at.streams += 1;
      if (at.streams === 1) void say(name, { present, isNews: true });
      return () => {
        at.streams -= 1;
        if (at.streams > 0) return;
        here.delete(name);
        void say(name, { present, isNews: true });
      };
    },
    async beat() {
      await Promise.all([...here].map(([name, { present }]) => say(name, { present, isNews: false })));
    },
    async edit(present, sectionId) {
      const [[known]] = await db.tenant(present.accountId, EDIT, [setPresentSection(present, sectionId)]);
      db.signal(CAME_OR_LEFT, present.scopeId);
      return known !== undefined;
    },
    prune: async () => void (await db.system('orbit.presence', PRUNE, [prunePresence()])),
  };
}
