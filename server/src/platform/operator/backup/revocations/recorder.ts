import { eventsAfter, type PastEvent } from '#platform/audit';
import type { BlobHome } from '#platform/blobs';
import { type Database, installationOf } from '#platform/db';
import type { Clock } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import { appendEntry, assertSigned, beginningOf, type ListPosition, readEntries } from './list.ts';
import { pagesAt, writePage } from './pages.ts';

export interface RecorderParts {
  readonly db: Database;
  readonly home: Pick<BlobHome, 'head' | 'read' | 'write'>;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Actions of the audit that the list keeps. */
  readonly actions: readonly string[];
}

/** Writes into the list what was committed since. */
export interface Recorder {
  /** Answers where the list is then. One run at a time. */
  record(): Promise<ListPosition>;
}

/** Bytes after which another page is begun: a page is written anew with each entry. */
const PAGE = 65_536;
/** Milliseconds that an event may come to light after later ones: its time is when its transaction began. */
const LATE = 1_800_000;
const FIRST = ['-infinity', '00000000-0000-0000-0000-000000000000'] as const;

/** An entry that says nothing else. */
const SIGNED = { event: FIRST[1], action: 'list.signed', account: null, kind: null, target: null };

/** The last page, with where the list is before it and behind it. */
interface Tail {
  readonly page: number;
  readonly before: ListPosition;
  readonly text: string;
  readonly position: ListPosition;
}

export function createRecorder(parts: RecorderParts): Recorder {
  const { db, home, secrets, actions } = parts;
  let start: Pick<Tail, 'page' | 'before'> | undefined;
  /** Events of the last half hour that are in the list, and when they were. */
  const listed = new Map<string, number>();
  /** Up to when there is nothing else to be found; the newest event of the list, before the first look. */
  let seen = Number.NEGATIVE_INFINITY;
  let running: Promise<ListPosition> = Promise.resolve({ entries: 0, digest: '', key: '' });

  function note({ event, at }: Pick<PastEvent, 'event' | 'at'>): void {
    seen = Math.max(seen, Date.parse(at));
    listed.set(event, Date.parse(at));
    if (listed.size % 1_000 === 0) forget();
  }
  function forget(): void {
    for (const [event, at] of listed) if (at < seen - LATE) listed.delete(event);
  }

  /** Another process may have written meanwhile: the last page that is known is read again, and all behind it. */
  async function readTail(): Promise<Tail> {
    let { page, before } = start ?? { page: 1, before: beginningOf((await installationOf(db)).id) };
    let tail: Tail = { page, before, text: '', position: before };
    for await (const text of pagesAt(home)(page)) {
      let position = before;
      for (const read of readEntries(text, before, secrets)) {
        note(read.entry);
        ({ position } = read);
      }
      tail = { page, before, text, position };
      page += 1;
      before = position;
    }
    assertSigned(tail.position, secrets);
    start = tail;
    return tail;
  }

  async function append(tail: Tail, events: readonly PastEvent[]): Promise<Tail> {
    if (events.length === 0) return tail;
    const isFull = tail.text.length >= PAGE;
    let { page, before, text, position } = isFull
      ? { page: tail.page + 1, before: tail.position, text: '', position: tail.position }
      : tail;
    for (const event of events) {
      const { at, action, account, kind, target } = event;
      const next = appendEntry(position, { at, action, account, kind, target, event: event.event }, secrets);
      text += next.line;
      ({ position } = next);
    }
    await writePage(home, page, text);
    events.forEach(note);
    start = { page, before };
    return { page, before, text, position };
  }

  async function record(): Promise<ListPosition> {
    const now = parts.clock.now();
    let tail = await readTail();
    let place: readonly [string, string] = FIRST;
    if (seen > Number.NEGATIVE_INFINITY) place = [new Date(seen - LATE).toISOString(), FIRST[1]];
    for (;;) {
      const [rows] = await db.system('backup.revocations', [eventsAfter(actions, place)]);
      const last = rows.at(-1);
      if (last === undefined) break;
      tail = await append(
        tail,
        rows.filter(({ event }) => !listed.has(event)),
      );
      place = [last.at, last.event];
    }
    // The former master key may go: the present one has to vouch for what it signed. A list without entries is begun: one that is lost is
    // told apart from one in which nothing was ever revoked.
    if (tail.position.key !== secrets.current)
      tail = await append(tail, [{ ...SIGNED, at: new Date(now).toISOString() }]);
    seen = Math.max(seen, now);
    forget();
    return tail.position;
  }

  return {
    record() {
      running = running.then(record, record);
      return running;
    },
  };
}
