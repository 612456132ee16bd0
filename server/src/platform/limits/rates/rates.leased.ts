import { type Clock, type ClockReading, elapsed, readClocks } from '#platform/kernel';
import { type RateEntry, type Rates, type RateState, type RateVerdict, rateVerdict } from './rates.ts';

/** One entry of a call, as a store is asked for it. */
export interface RateRequest extends RateEntry {
  /** How many calls the process would like to take besides this one. A store leases at most a share of what is left. */
  readonly spare: number;
}

/** A store's answer for one entry. */
export interface RateAnswer extends RateState {
  /** How many calls it leased. None when the call is refused. */
  readonly spare: number;
}

/** Calls that were leased and not made, with their minute. */
export interface UnusedCalls {
  readonly key: string;
  readonly endsAt: number;
  readonly count: number;
}

/** Where rates are counted for all processes. */
export interface RateStore {
  /** Takes all entries or none. Undefined when it could not be asked. */
  take(requests: readonly RateRequest[]): Promise<readonly RateAnswer[] | undefined>;
  /** Counts them off again, if their minute is still the one that the store counts. Told once and never again: lost is lost, and twice would be too many. */
  giveBack(unused: readonly UnusedCalls[]): Promise<void>;
  sweep(): Promise<number>;
}

/**
 * A store lends an eighth of what is left at most. So the last eight of a minute are taken one by one, a limit of less than nine is never
 * lent of, and the part hidden from other processes is little beside what they may still take.
 */
export const LEASED_SHARE = 8;
/** How long, in milliseconds, an unused lease is kept; and how long a jump of the store's clock may go unnoticed. */
const KEEP_MS = 1_000;
/** More saves nothing: at 1,000 calls a trip, the trip is a thousandth of their work. */
const MOST = 1_000;
/** For what a store rounds, and for two clocks that do not tick alike. */
const MARGIN = 10;

/** The part of a key's minute that a process holds. */
interface Lease {
  readonly perMinute: number;
  readonly endsAt: number;
  /** Calls that may be made without asking. */
  left: number;
  /** Rest at the store besides. */
  rest: number;
  /** Calls since the store was last asked, by which the next lease is measured; halved for each second in which it was not. */
  used: number;
  /** When the last question was sent. The store's answer is younger, so what is counted from here ends before it does there. */
  asked: ClockReading;
  /** Before this instant, on the clock that never jumps, the store's minute is not over. */
  minuteOver: number;
  /** One of the concurrent requests asks for a lease; the others ask for their own call. */
  isAsking: boolean;
}

export interface LeasedRatesParts {
  readonly store: RateStore;
  readonly clock: Clock;
  /** Does a work after so many milliseconds, unless it is cancelled; a timer when not said. */
  readonly after?: (milliseconds: number, work: () => void) => () => void;
}

function timeout(milliseconds: number, work: () => void): () => void {
  const timer = setTimeout(work, milliseconds).unref();
  return () => clearTimeout(timer);
}

/**
 * Rates without a trip for each call: a process that calls often takes calls of the minute in small leases, twice as many as it used since it last
 * asked, and gives back what it did not use within a second. A call is made under a lease only before the store's minute is over, so that
 * all processes together never make more than the limit. What a process holds when it dies is lost until then, and no longer.
 */
export function createLeasedRates({ store, clock, after = timeout }: LeasedRatesParts): Rates {
  const leases = new Map<string, Lease>();
  let cancelTidying: (() => void) | undefined;
  let returned: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  /** Takes a call out of the key's lease, where there is one that is good. */
  function takeFromLease(entry: RateEntry, now: ClockReading): Lease | undefined {
    const lease = goodLease(entry, now);
    if (lease === undefined) return undefined;
    lease.left -= 1;
    lease.used += 1;
    return lease;
  }

  function goodLease({ key, perMinute }: RateEntry, now: ClockReading): Lease | undefined {
    const lease = leases.get(key);
    if (lease === undefined || lease.left === 0 || lease.perMinute !== perMinute) return undefined;
    const { asked, minuteOver } = lease;
    const isGood = elapsed(asked, now) < KEEP_MS && now.at + MARGIN < minuteOver;
    return isGood ? lease : undefined;
  }

  /** Puts back a call that was not made, because another entry refused or could not be asked for. */
  function putBack(key: string, lease: Lease): void {
    lease.used -= 1;
    if (leases.get(key) === lease) lease.left += 1;
    else giveBack([{ key, endsAt: lease.endsAt, count: 1 }]);
  }

  function requestOf({ key, perMinute }: RateEntry): RateRequest {
    const lease = leases.get(key);
    if (isClosed || lease === undefined || lease.isAsking || lease.perMinute !== perMinute)
      return { key, perMinute, spare: 0 };
    lease.isAsking = true;
    return { key, perMinute, spare: Math.max(1, Math.min(MOST, 2 * lease.used)) };
  }

  /** Keeps the calls that the store leased with its answer. */
  function keep({ key, perMinute }: RateEntry, answer: RateAnswer, asked: ClockReading): void {
    const { spare, endsAt, milliseconds } = answer;
    const known = leases.get(key);
    if (isClosed) return giveBack(spare === 0 ? [] : [{ key, endsAt, count: spare }]);
    if (known !== undefined && known.endsAt === endsAt && known.perMinute === perMinute) {
      known.left += spare;
      known.rest = answer.left - 1 - spare;
      known.used = spare > 0 ? 1 : known.used + 1;
      if (asked.at > known.asked.at) known.asked = asked;
      return;
    }
    if (known !== undefined) giveBack(unusedOf([[key, known]], asked.at));
    leases.set(key, {
      perMinute,
      endsAt,
      left: spare,
      rest: answer.left - 1 - spare,
      used: 1,
      asked,
      minuteOver: asked.at + milliseconds,
      isAsking: false,
    });
    cancelTidying ??= after(KEEP_MS, tidy);
  }

  /** Gives back calls that were not used for a second; keys that were not asked for in some seconds are deleted. */
  function tidy(): void {
    cancelTidying = undefined;
    const now = clock.monotonic();
    const idle = [...leases].filter(([, { asked }]) => now - asked.at >= KEEP_MS);
    giveBack(unusedOf(idle, now));
    for (const [key, lease] of idle) {
      lease.left = 0;
      lease.used >>= 1;
      if (lease.used === 0 && !lease.isAsking) leases.delete(key);
    }
    if (leases.size > 0) cancelTidying = after(KEEP_MS, tidy);
  }

  function giveBack(unused: readonly UnusedCalls[]): void {
    if (unused.length === 0) return;
    // Calls that could not be given back are lost until their minute is over.
    returned = Promise.all([returned, store.giveBack(unused).catch(() => {})]);
  }

  /** A plan was changed: calls that were leased under its old limit go back before the store judges by the new one. */
  function retract(entries: readonly RateEntry[], now: number): Promise<unknown> | undefined {
    const old = entries.flatMap(({ key, perMinute }) => {
      const lease = leases.get(key);
      return lease === undefined || lease.perMinute === perMinute ? [] : [[key, lease] as const];
    });
    if (old.length === 0) return undefined;
    for (const [key] of old) leases.delete(key);
    giveBack(unusedOf(old, now));
    return returned;
  }

  async function ask(entries: readonly RateEntry[], now: ClockReading) {
    const retracted = retract(entries, now.at);
    if (retracted !== undefined) await retracted;
    const asked = retracted === undefined ? now : readClocks(clock);
    const requests = entries.map(requestOf);
    const answers = await store.take(requests);
    for (const { key, spare } of requests) {
      const lease = spare > 0 ? leases.get(key) : undefined;
      if (lease !== undefined) lease.isAsking = false;
    }
    if (answers?.every(({ left }) => left > 0) === true)
      answers.forEach((answer, at) => entries[at] !== undefined && keep(entries[at], answer, asked));
    return answers;
  }

  /** A verdict; undefined when the store could not be asked; `again` when this process leased the refused calls meanwhile. */
  async function tryTake(entries: readonly RateEntry[]): Promise<RateVerdict | 'again' | undefined> {
    const now = readClocks(clock);
    const own = entries.map((entry) => takeFromLease(entry, now));
    const missing = entries.filter((_, at) => own[at] === undefined);
    if (missing.length === 0)
      return rateVerdict(
        entries,
        own.map((lease) => stateOf(lease, now.at)),
      );
    const answers = await ask(missing, now);
    if (answers === undefined || answers.some(({ left }) => left <= 0))
      own.forEach((lease, at) => lease !== undefined && putBack(entries[at]?.key ?? '', lease));
    if (answers === undefined) return undefined;
    const later = readClocks(clock);
    if (missing.some((entry, at) => (answers[at]?.left ?? 0) <= 0 && goodLease(entry, later) !== undefined))
      return 'again';
    let next = 0;
    const states = own.map(
      (lease) => (lease === undefined ? answers[next++] : undefined) ?? stateOf(lease, now.at),
    );
    return rateVerdict(entries, states);
  }

  return {
    async take(entries) {
      if (entries.length === 0) return undefined;
      let verdict = await tryTake(entries);
      while (verdict === 'again') verdict = await tryTake(entries);
      return verdict;
    },
    sweep: () => store.sweep(),
    forget: () => leases.clear(),
    async close() {
      isClosed = true;
      cancelTidying?.();
      giveBack(unusedOf([...leases], clock.monotonic()));
      leases.clear();
      await returned;
    },
  };
}

function unusedOf(leases: readonly (readonly [string, Lease])[], now: number): UnusedCalls[] {
  return leases
    .filter(([, { left, minuteOver }]) => left > 0 && now < minuteOver)
    .map(([key, { endsAt, left }]) => ({ key, endsAt, count: left }));
}

/** A lease as the store would tell of it, when a call has just been taken out of it. */
function stateOf(lease: Lease | undefined, now: number): RateState {
  if (lease === undefined) throw new Error('an entry was neither leased nor asked for');
  return {
    left: lease.left + lease.rest + 1,
    endsAt: lease.endsAt,
    milliseconds: Math.max(0, lease.minuteOver - now),
  };
}
