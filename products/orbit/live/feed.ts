import { canGoOn, type Database, type StreamEvent } from 'plinth/product';
import { type ChangeRow, changesAfter, type ScopeKey } from '../changes/store.ts';
import { type ChangeView, shownChange } from './replies.ts';
import type { Reader } from './reader.ts';

/** The most changes that a reader gets one by one: with more missed, it reads the scope anew. */
export const MOST_REPLAYED = 1_000;
const READ_AT_ONCE = 500;
/** After any change that there can be: only how far a scope has come is asked for. */
const NOTHING = Number.MAX_SAFE_INTEGER;

/** The changes of one scope, for all who follow it at this process: each is read once. */
export interface Feed {
  readonly key: ScopeKey;
  readonly readers: ReadonlySet<Reader>;
  /** The last change that the readers have been told, or 0. */
  readonly head: number;
  /** Readers at the last look, as it was told. */
  presence: { readonly text: string; readonly data: object } | undefined;
  /** Whether a look goes on. */
  readonly isLooking: boolean;
  /** Resolves when `head` is known; from then on nothing is missed. */
  readonly opened: Promise<void>;
  add(reader: Reader): void;
  remove(reader: Reader): void;
  /** Reads what came since, and tells everybody. Looks that are asked for while one goes on are one more. */
  look(): Promise<void>;
}

export function createFeed(db: Pick<Database, 'tenant'>, key: ScopeKey): Feed {
  const readers = new Set<Reader>();
  let head = 0;
  let looking: Promise<void> | undefined;
  let again = false;

  const read = async (after: number, limit: number): Promise<readonly ChangeRow[]> => {
    const [rows] = await db.tenant(key.accountId, [changesAfter(key, after, limit)]);
    return rows;
  };

  const opened = read(NOTHING, 1).then(([row]) => {
    head = row?.head ?? 0;
  });

  async function lookOnce(): Promise<void> {
    for (;;) {
      const changes = (await read(head, READ_AT_ONCE)).flatMap(shownChange);
      for (const change of changes) {
        const event = changeEvent(change);
        for (const reader of readers) reader.change(event, change.seq);
      }
      head = changes.at(-1)?.seq ?? head;
      if (changes.length < READ_AT_ONCE) return;
    }
  }

  async function lookUntilQuiet(): Promise<void> {
    try {
      await opened;
      do {
        again = false;
        await lookOnce();
      } while (again);
    } finally {
      looking = undefined;
    }
  }

  return {
    key,
    readers,
    get head() {
      return head;
    },
    get isLooking() {
      return looking !== undefined;
    },
    presence: undefined,
    opened,
    add: (reader) => void readers.add(reader),
    remove: (reader) => void readers.delete(reader),
    look() {
      again = looking !== undefined;
      looking ??= lookUntilQuiet();
      return looking;
    },
  };
}

export function changeEvent(change: ChangeView): StreamEvent {
  return { event: 'change', id: String(change.seq), data: change };
}

/** Changes that a reader has missed: each of them, or that they missed too much. */
export type MissedChanges =
  | { readonly is: 'changes'; readonly changes: readonly ChangeView[]; readonly head: number }
  | { readonly is: 'reset'; readonly head: number };

/** Reads what became of a scope after a number that a reader was told. */
export async function missedAfter(
  db: Pick<Database, 'tenant'>,
  key: ScopeKey,
  told: number,
): Promise<MissedChanges> {
  const [rows] = await db.tenant(key.accountId, [changesAfter(key, told, MOST_REPLAYED)]);
  const { head, pruned } = rows[0] ?? { head: 0, pruned: 0 };
  // Told by another life of the database, if it is past all that there is.
  if (!canGoOn({ head, pruned }, told) || head - told > MOST_REPLAYED) return { is: 'reset', head };
  return { is: 'changes', changes: rows.flatMap(shownChange), head };
}
