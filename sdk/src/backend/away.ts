import type { Caller, ReplyOf } from '../calls.ts';
import { LimitExceeded, NoAnswer, PlinthError, Unavailable } from '../errors.ts';
import type { Time } from '../time.ts';
import { closePermit } from '../with-permit.ts';
import { type Entry, folderJournal, type Journal, memoryJournal } from './journal.ts';

/** Lets work through without a permit while the server does not answer, within a bound; it is reported when the server is back. */
export interface Away {
  /** How many uses may be unreported at once: those that run and those that are done. */
  readonly most: number;
  /** A folder that keeps them past the end of the process, and that processes may share; in memory when not said. */
  readonly journal?: string | undefined;
  /** Milliseconds for which a permit is waited for; 2,000 when not said. */
  readonly patience?: number | undefined;
}

/** Milliseconds in which the server is not asked again after it gave no answer. */
const REST = 1_000;
/** Milliseconds between two tries to report. */
const EVERY = 10_000;
/** Seconds for which a permit is asked for again under the same Idempotency-Key: the server keeps keys for a day. */
const KEY_LASTS = 23 * 3_600;
/** Seconds after which work of another process counts as done where that has not said its end: no feature lasts longer. */
const ORPHANED = 4 * 3_600;
/** The most events of one report. */
const BATCH = 500;
/** Answers after which the same report may be heard later. */
const LATER: ReadonlySet<number> = new Set([401, 408, 429, 500, 503]);
const CLOSED: ReadonlySet<string> = new Set(['permit_stale', 'permit_settled']);
/** Errors of a connection that was never made: what was asked for can't have arrived. */
const UNSENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** Whether no server spoke: none was reached, or a proxy found none behind it. */
export const isAway = (error: unknown): error is PlinthError =>
  error instanceof NoAnswer || (error instanceof Unavailable && error.code === 'unreadable_answer');

/** Whether a call without an answer may have arrived all the same. */
export function wasSent(error: PlinthError): boolean {
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause)
    if (UNSENT.has((cause as NodeJS.ErrnoException).code)) return false;
  return true;
}

export interface ReportsParts {
  readonly caller: Pick<Caller, 'call'>;
  readonly away: Away;
  readonly time: Time;
  /** Hears of a report that the server refuses for good. */
  readonly onRefused: (error: PlinthError, entry: Entry) => void;
}

/** Entries of the journal on their way to the server. */
export class Reports {
  readonly #parts: ReportsParts;
  readonly #journal: Journal;
  readonly #running = new Set<string>();
  #begun: Promise<void> = Promise.resolve();
  #restsUntil = 0;
  #reporting: Promise<void> | undefined;
  #isAwake = false;
  /** Whether the journal is to be looked at once more. */
  #isWanted = false;

  constructor(parts: ReportsParts) {
    this.#parts = parts;
    const { journal } = parts.away;
    this.#journal = journal === undefined ? memoryJournal() : folderJournal(journal);
    this.#wake();
  }

  get isResting(): boolean {
    return this.#parts.time.now() < this.#restsUntil;
  }

  rest(): void {
    this.#restsUntil = this.#parts.time.now() + REST;
  }

  /** Writes down that work begins without a permit. Throws `error` where the bound is reached. */
  begin(entry: Entry, error: PlinthError): Promise<void> {
    // One after the other, so that of two the first has the last room.
    const begun = this.#begun.then(() => this.#begin(entry, error));
    this.#begun = begun.catch(() => {});
    return begun;
  }

  async #begin(entry: Entry, error: PlinthError): Promise<void> {
    this.#running.add(entry.key);
    await this.#journal.put(entry);
    if ((await this.#journal.all()).length <= this.#parts.away.most) return;
    this.#running.delete(entry.key);
    await this.#journal.remove(entry);
    throw error;
  }

  /** Has an entry reported that has ended. It is kept past the bound, for its work is done. */
  async tell(entry: Entry): Promise<void> {
    const isNothing = entry.is_released && !entry.was_sent && entry.permit_id === null;
    await (isNothing ? this.#journal.remove(entry) : this.#journal.put(entry));
    this.#running.delete(entry.key);
    this.#wake();
  }

  #wake(): void {
    this.#isWanted = true;
    if (this.#isAwake) return;
    this.#isAwake = true;
    void this.#keepReporting();
  }

  async #keepReporting(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false;
      // Still away, or the disk fails: the next turn tries again.
      const left = await this.report()
        .then(() => this.#journal.all())
        .catch(() => undefined);
      if (left?.length === 0) continue;
      this.#isWanted = true;
      await this.#parts.time.wait(EVERY);
    }
    this.#isAwake = false;
  }

  /** Reports what has ended. Throws where the server is away. Two calls at once are one. */
  report(): Promise<void> {
    this.#reporting ??= this.#report().finally(() => {
      this.#reporting = undefined;
    });
    return this.#reporting;
  }

  async #report(): Promise<void> {
    const left = new Map<string, Entry[]>();
    for (const entry of await this.#journal.all()) {
      if (!this.#hasEnded(entry) || (await this.#isClosed(entry))) continue;
      left.set(entry.customer, [...(left.get(entry.customer) ?? []), entry]);
    }
    for (const [customer, entries] of left)
      for (let at = 0; at < entries.length; at += BATCH)
        await this.#reportEvents(customer, entries.slice(at, at + BATCH));
  }

  #hasEnded({ end, key, at }: Entry): boolean {
    return end !== null || (!this.#running.has(key) && this.#seconds() > at + ORPHANED);
  }

  #seconds(): number {
    return this.#parts.time.now() / 1_000;
  }

  /** Closes the permit of an entry. False where there is none, so that an event is to tell of it. */
  async #isClosed(entry: Entry): Promise<boolean> {
    let id = entry.permit_id;
    if (id === null) {
      if (!entry.was_sent || this.#seconds() > entry.at + KEY_LASTS) return false;
      try {
        // The permit that was given and not heard of; a denial says that there is none.
        const options = { customer: entry.customer, idempotencyKey: entry.key };
        id = (await this.#parts.caller.call('POST /v1/permits', { body: entry.use as never }, options))
          .permit_id;
      } catch (error) {
        if (!(error instanceof PlinthError)) throw error;
        // Another process closes it just now: the next turn finds it gone, or closes it.
        if (error.code === 'idempotency_in_progress') return true;
        if (isForLater(error) && !isDenial(error)) throw error;
        if (entry.is_released) await this.#journal.remove(entry);
        return entry.is_released;
      }
    }
    try {
      const end = entry.is_released ? null : (entry.end ?? {});
      await closePermit(this.#parts.caller, { id, end, options: { customer: entry.customer } });
      await this.#journal.remove(entry);
    } catch (error) {
      // It was closed meanwhile, or too late: what was told is posted all the same.
      if (error instanceof PlinthError && CLOSED.has(error.code)) await this.#journal.remove(entry);
      else await this.#giveUp(entry, error);
    }
    return true;
  }

  async #reportEvents(customer: string, entries: readonly Entry[]): Promise<void> {
    const body = { events: entries.map(eventOf) };
    let answers: ReplyOf<'POST /v1/usage-events'>;
    try {
      answers = await this.#parts.caller.call('POST /v1/usage-events', { body: body as never }, { customer });
    } catch (error) {
      if (entries.length < 2 || isForLater(error)) return this.#giveUp(entries[0], error);
      // One of them is at fault: each is told by itself.
      for (const entry of entries) await this.#reportEvents(customer, [entry]);
      return;
    }
    for (const [at, entry] of entries.entries()) {
      const refused = answers.data[at]?.error;
      if (refused === undefined) await this.#journal.remove(entry);
      else await this.#giveUp(entry, new PlinthError({ ...refused, status: 200 }));
    }
  }

  /** Throws the error where another try may help. */
  async #giveUp(entry: Entry | undefined, error: unknown): Promise<void> {
    if (entry === undefined || !(error instanceof PlinthError) || isForLater(error)) throw error;
    await this.#journal.remove(entry);
    this.#parts.onRefused(error, entry);
  }
}

const isForLater = (error: unknown) =>
  isAway(error) || (error instanceof PlinthError && LATER.has(error.status));

/** A limit of the plan, and not of how often the server is called. */
const isDenial = (error: PlinthError) =>
  error instanceof LimitExceeded && !error.limit.startsWith('requests_per_minute_by_');

function eventOf({ use, end, at, key }: Entry) {
  const { estimate: _estimate, ttl_seconds: _ttl, ...used } = use;
  return { at: new Date(at * 1_000).toISOString(), ...used, ...end, id: key };
}
