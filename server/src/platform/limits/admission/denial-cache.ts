import { commitPoint, type Database } from '#platform/db';
import type { AccountId, Clock } from '#platform/kernel';
import type { Webhooks } from '#platform/webhooks';
import type { Denial } from '../denial.ts';
import type { Admission, AdmitRequest } from '../permit.ts';

/** How long a denial is remembered, in milliseconds: how late an admission may be because of it. */
const REMEMBERED_MS = 1_000;
/** About 10 MB. The one that was remembered first goes first. */
const CAPACITY = 10_000;

/** Denials of the last second. */
export interface DenialCache {
  /** Call it before the database is asked. */
  ask(request: AdmitRequest): Question;
  close(): void;
}

interface Question {
  /** The answer of the very same question just now: the database need not be asked again. */
  readonly denial: Denial | undefined;
  /** Told what the database answered. */
  answered(admission: Admission): void;
}

interface RememberedDenial {
  readonly accountId: AccountId;
  readonly denial: Denial;
  /** Before the database was asked, on the clock that never jumps. */
  readonly askedAt: number;
}

/**
 * Remembers denials, so that a client that hammers a closed limit costs the database one decision a second. It can only
 * say no, and only to the very same question: same caller, units, reserve, subject and Idempotency-Key. A key that was
 * not denied just now may have a stored answer, so that its question always goes to the database.
 *
 * Only denials that reset in more than a second are remembered. So none is remembered past its reset, a caller that comes back when
 * Retry-After says so never meets it, and a concurrency limit is always asked for: a slot is free again the moment
 * a call ends. A change of an account's grants ends its denials at once, here and in all processes that receive its signal.
 */
export function createDenialCache({
  db,
  clock,
}: {
  readonly db: Database;
  readonly clock: Clock;
}): DenialCache {
  const known = new Map<string, RememberedDenial>();
  let changes = 0;

  const unsubscribe = db.onSignal('entitlements', (id) => {
    // A denial that is under way may be from before the change.
    changes += 1;
    for (const [question, { accountId }] of known) if (accountId === id) known.delete(question);
  });

  /** Denials lie in the order of their answers; one that was asked for earlier is forgotten a moment late. */
  function forgetOld(now: number): void {
    for (const [question, { askedAt }] of known) {
      if (now - askedAt < REMEMBERED_MS) return;
      known.delete(question);
    }
  }

  function recall(question: string, now: number): Denial | undefined {
    const entry = known.get(question);
    return entry !== undefined && now - entry.askedAt < REMEMBERED_MS ? entry.denial : undefined;
  }

  function remember(question: string, entry: RememberedDenial): void {
    known.delete(question);
    const [oldest] = known.keys();
    if (known.size >= CAPACITY && oldest !== undefined) known.delete(oldest);
    known.set(question, entry);
  }

  return {
    ask(request) {
      const askedAt = clock.monotonic();
      forgetOld(askedAt);
      const before = changes;
      return {
        // While nothing is remembered, which is mostly so, an admission pays nothing for the memory.
        denial: known.size === 0 ? undefined : recall(questionOf(request), askedAt),
        answered(admission) {
          if (admission.kind === 'denied' && isLasting(admission.denial) && before === changes)
            remember(questionOf(request), {
              accountId: request.accountId,
              denial: admission.denial,
              askedAt,
            });
          else if (known.size > 0) known.delete(questionOf(request));
        },
      };
    },
    close: unsubscribe,
  };
}

/** All fields of a request but its id, which differs when it comes again. */
function questionOf(request: AdmitRequest): string {
  return JSON.stringify({ ...request, requestId: undefined });
}

/** `retryAfter` is rounded up: 1 means that it resets within a second. Of concurrency it is always 1. */
function isLasting({ retryAfter }: Denial): boolean {
  return retryAfter === undefined || retryAfter > 1;
}

const DENIED = commitPoint('limits.denied', 'the event of a first denial in its window');

const HOUR = 3_600_000;
/** Kinds whose windows are days and longer. */
const LONG: ReadonlySet<Denial['of']> = new Set(['quota', 'credits', 'budget', 'failures']);
/** Events that are known to be stored: about 2 MB. The oldest goes first. */
const MOST_TOLD = 10_000;

export interface DenialEventsParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  readonly onFailure: (error: unknown) => void;
}

/** Stores webhook events of denials, without delaying requests. */
export interface DenialEvents {
  /** Stores `permit.denied` for the first denial of an account by a limit in its window; others cost a look into a set. */
  note(request: Pick<AdmitRequest, 'accountId' | 'product' | 'feature'>, denial: Denial): void;
  /** Waits for events that are being stored. */
  close(): Promise<void>;
}

/**
 * A client that hammers a closed limit makes one event for each window, or, of a limit whose window is shorter than an hour
 * or that has none, for each hour. A process remembers its events; among processes the event's id makes it one. An
 * event is not part of any decision: one that could not be stored comes with the next denial.
 */
export function createDenialEvents({ db, clock, webhooks, onFailure }: DenialEventsParts): DenialEvents {
  const told = new Set<string>();
  const underWay = new Set<Promise<void>>();

  async function store(
    id: string,
    { accountId, product, feature }: Parameters<DenialEvents['note']>[0],
    denial: Denial,
  ) {
    const { limit, of: kind, used, max, resetsAt: resets_at } = denial;
    const data = { product, feature, limit, kind, used, max, resets_at };
    try {
      await db.system('limits.alerts', DENIED, [
        ...webhooks.emitting({ type: 'permit.denied', accountId, id, data }),
      ]);
      webhooks.wake();
    } catch (error) {
      told.delete(`${accountId} ${id}`);
      onFailure(error);
    }
  }

  return {
    note(request, denial) {
      const id = `${request.product} ${denial.limit} ${windowOf(denial, clock.now())}`;
      const known = `${request.accountId} ${id}`;
      if (told.has(known)) return;
      const [oldest] = told;
      if (told.size >= MOST_TOLD && oldest !== undefined) told.delete(oldest);
      told.add(known);
      const storing: Promise<void> = store(id, request, denial).finally(() => underWay.delete(storing));
      underWay.add(storing);
    },
    close: async () => void (await Promise.all(underWay)),
  };
}

/** The end of the window; for a short window, or none, the hour. */
function windowOf({ of, resetsAt }: Denial, now: number): string {
  const isLong = resetsAt !== null && LONG.has(of);
  return isLong ? resetsAt : new Date(now - (now % HOUR)).toISOString();
}
