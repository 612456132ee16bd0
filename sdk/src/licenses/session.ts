import { PlinthError } from '../errors.ts';
import type { ServerClock } from './clock.ts';
import type { LastCall } from './exit.ts';
import { stateKeeper } from './keeper.ts';
import {
  answers,
  endOf,
  follows,
  isNewer,
  isOwed,
  lastHandedOut,
  mergedKeys,
  resumedFrom,
} from './leases.ts';
import type { Members } from './members.ts';
import { type Granted, type LicenseServer, verdictOf } from './server.ts';
import type { KeptState, StateStore } from './state-file.ts';
import { LicenseError, type LicenseState, type LicenseWarning, type StopReason } from './states.ts';
import type { LicenseTime } from './time.ts';
import { keyIdOf, type Lease, leaseEnd, leaseIn, type PublicKey } from './tokens.ts';

export interface SessionParts {
  readonly server: LicenseServer;
  readonly store: StateStore;
  readonly members: Members;
  readonly clock: ServerClock;
  readonly time: LicenseTime;
  /** The keys that are trusted, where the program brings them: none are fetched then. */
  readonly pinned: readonly PublicKey[] | undefined;
  /** Something may have changed. */
  readonly changed: () => void;
  readonly warn: (warning: LicenseWarning) => void;
}

/** One licence session after the other: what is held, and what is done about it. */
export interface Session {
  state(): LicenseState;
  /** What gives the seat back at the end of the process, and what an earlier run was handed out with it. */
  lastCalls(): readonly LastCall[];
  /** Gets a seat, or goes on with the lease of the run before where the server is away. Throws LicenseError. */
  begin(): Promise<void>;
  /** Looks at the clocks, and asks the server when it is time to. Throws LicenseError where work has to stop. */
  tick(): Promise<void>;
  /** Milliseconds after which to do so. */
  next(): number;
  /** Has it last for longer without the server. Throws what the server says. */
  borrow(minutes: number): Promise<void>;
  /** Gives the seat back where there is one, and waits for no answer but the first. */
  end(): Promise<void>;
  /** So many of the last calls were answered while the process ended. */
  ended(answered: number): void;
}

/** The server is asked again this often while it is away, by chance up to half as long again. Milliseconds. */
const AWAY = 30_000;
/** Who asks for more patience than this is asked again all the same. Milliseconds. */
const MOST = 300_000;
/** A heartbeat is sent before the seat ends, however long the interval. Milliseconds. */
const AHEAD = 30_000;
/** The clocks are looked at this often: after the machine's sleep timers wait for the rest of their time. Milliseconds. */
const LOOKS = 15_000;
const WARNED_AT = [10, 5, 1];
const MINUTE = 60_000;

export function createSession(parts: SessionParts): Session {
  const { server, store, members, clock, time, pinned, changed, warn } = parts;
  let phase: 'idle' | 'connecting' | 'live' = 'idle';
  let stop: LicenseError | undefined;
  let held: Lease | undefined;
  /** What an earlier run was handed out and did not give back: until it ends the seat is this machine's, and it gets no other. */
  let former: Lease | undefined;
  let told: Pick<KeptState, 'seats' | 'interval'> = {};
  let keys = pinned ?? [];
  let [isAway, isSetBack] = [false, false];
  let [due, offlineMinutes, warnedAt] = [0, 0, Number.POSITIVE_INFINITY];
  let run = new AbortController();
  let anew: Promise<void> | undefined;
  const keeper = stateKeeper(parts);
  const save = (token?: string) => keeper.save({ keys, token, former: former?.token, ...told });
  const forget = () => keeper.forget({ keys, ...told });
  const now = () => clock.now() ?? Number.POSITIVE_INFINITY;
  const timeLeft = (lease: Lease) => endOf(lease, former) - now();
  const isOver = () => held === undefined || timeLeft(held) <= 0;
  const isDue = () => clock.elapsed() >= due || isOver();

  function state(): LicenseState {
    if (stop !== undefined) return { status: 'stopped', reason: stop.reason, message: stop.message };
    if (phase === 'idle') return { status: 'idle' };
    if (phase === 'connecting' || held === undefined || timeLeft(held) <= 0) return { status: 'connecting' };
    if (isAway)
      return {
        status: 'offline',
        minutesLeft: Math.ceil(timeLeft(held) / MINUTE),
        until: new Date(endOf(held, former)),
      };
    return { status: 'online', offlineMinutes, seats: told.seats };
  }

  function stopWith(reason: StopReason, message: string, cause?: unknown): LicenseError {
    stop = new LicenseError(reason, message, cause);
    phase = 'idle';
    [held, former] = [undefined, undefined];
    run.abort(stop);
    members.leave();
    if (reason !== 'seat_taken_over') forget();
    return stop;
  }

  /** Believes an answer by its signature alone; `before` is the lease that it renews. Throws `untrusted_answer`. */
  async function accept(granted: Granted, askedAt: number, before: Lease | undefined): Promise<void> {
    const isKnown = keys.some(({ kid }) => kid === keyIdOf(granted.token));
    if (!isKnown && pinned === undefined) keys = mergedKeys(keys, await server.publicKeys(run.signal));
    run.signal.throwIfAborted();
    const lease = leaseIn(granted.token, keys);
    const isOurs = lease !== undefined && answers(lease, granted) && follows(lease, before);
    if (!isOurs || leaseEnd(lease) <= lease.serverTime)
      throw new LicenseError(
        'untrusted_answer',
        'The answer is not from the licence server, or it is out of date.',
      );
    clock.set(lease.serverTime, askedAt);
    told = { seats: granted.seats ?? told.seats, interval: granted.interval };
    // A seat is worth one lease at a time: with one of its own the former is over.
    if (lease.offlineUntil !== undefined || !isOwed(former, lease, now())) former = undefined;
    hold(lease, granted.interval, 0);
    save(lease.token);
  }

  /** `age` milliseconds ago the server has answered. */
  function hold(lease: Lease, every: number, age: number): void {
    [held, phase, isAway, isSetBack, warnedAt] = [lease, 'live', false, false, Number.POSITIVE_INFINITY];
    offlineMinutes =
      (lease.offlineUntil ?? former?.offlineUntil) === undefined ? 0 : Math.round(timeLeft(lease) / MINUTE);
    const jittered = every * (1.01 + 0.09 * time.random());
    const inTime = lease.expiresAt - lease.serverTime - AHEAD;
    due = clock.elapsed() + Math.min(jittered, Math.max(inTime, AHEAD)) - age;
  }

  /** Goes on with the session that another program of this machine has had since. Answers whether there is one. */
  function adopt(): boolean {
    const kept = store.read();
    if (typeof kept === 'string' || kept.token === undefined || kept.token === held?.token) return false;
    const known = pinned ?? mergedKeys(keys, kept.keys);
    const found = resumedFrom(kept, known, clock);
    if (found === undefined || found === 'set_back' || kept.interval === undefined) return false;
    const { lease, serverTime } = found;
    if (leaseEnd(lease) <= serverTime || !isNewer(lease, held)) return false;
    clock.set(serverTime, clock.elapsed());
    [keys, told] = [known, { seats: kept.seats, interval: kept.interval }];
    keeper.adopted(kept.token);
    former = leaseIn(kept.former ?? '', keys);
    hold(lease, kept.interval, serverTime - lease.serverTime);
    return true;
  }

  /** From here on this program is none of those that share the seat. Answers whether it was the last. */
  function leave(): boolean {
    members.leave();
    if (held !== undefined) adopt();
    return !members.hasOthers();
  }

  /** A lease that was handed out to an earlier run, or why there is none to work on. */
  function resume(error: unknown): void {
    const kept = store.read();
    if (typeof kept === 'string') {
      if (kept !== 'state_missing') warn({ kind: 'state', problem: kept });
      throw stopWith('unreachable', 'The licence server can’t be reached.', error);
    }
    keys = pinned ?? kept.keys;
    former = leaseIn(kept.former ?? '', keys);
    const resumed = resumedFrom(kept, keys, clock);
    if (resumed === 'set_back')
      throw stopWith('clock_set_back', 'The clock of this machine is behind what it was.', error);
    if (resumed === undefined) throw stopWith('unreachable', 'The licence server can’t be reached.', error);
    clock.set(resumed.serverTime, clock.elapsed());
    if (timeLeft(resumed.lease) <= 0)
      throw stopWith('offline_ended', 'The time for work without the licence server is over.', error);
    [held, phase, told] = [resumed.lease, 'live', { seats: kept.seats, interval: kept.interval }];
    keeper.adopted(resumed.lease.token);
    retryLater(error);
  }

  /** The server is away: there is work as long as there is a lease. */
  function retryLater(error: unknown): void {
    isAway = true;
    if (isSetBack)
      throw stopWith('clock_set_back', 'The clock of this machine was set back while offline.', error);
    if (isOver())
      throw stopWith('offline_ended', 'The time for work without the licence server is over.', error);
    const patience = error instanceof PlinthError ? Math.min((error.retryAfter ?? 0) * 1_000, MOST) : 0;
    due = clock.elapsed() + Math.max(AWAY * (1 + 0.5 * time.random()), patience);
  }

  async function heartbeat(lease: Lease): Promise<void> {
    const askedAt = clock.elapsed();
    try {
      await accept(await server.heartbeat(lease, run.signal), askedAt, lease);
    } catch (error) {
      if (run.signal.aborted) return;
      if (error instanceof LicenseError) warn({ kind: 'untrusted_answer' });
      const verdict = verdictOf(error);
      if (verdict === 'away') return retryLater(error);
      // Another program of this machine has asked for a seat since, and both go on with that one.
      if (adopt()) return;
      if (verdict !== 'lost') throw stopWith(verdict.code, verdict.message, verdict);
      anew = acquireAnew(lease);
      await anew;
    }
  }

  async function acquireAnew(lost: Lease): Promise<void> {
    // With what an earlier run was handed out work goes on meanwhile.
    if (isOwed(former, lost, now())) isAway = true;
    else {
      [held, phase] = [undefined, 'connecting'];
      forget();
    }
    changed();
    await attempt((error) => {
      if (held === undefined) throw stopWith('unreachable', 'The licence server can’t be reached.', error);
      retryLater(error);
    });
  }

  async function attempt(whenAway: (error: unknown) => void): Promise<void> {
    try {
      const askedAt = clock.elapsed();
      await accept(await server.acquire(run.signal), askedAt, undefined);
    } catch (error) {
      if (run.signal.aborted) throw error;
      if (error instanceof LicenseError) throw stopWith(error.reason, error.message, error);
      const verdict = verdictOf(error);
      if (typeof verdict === 'string') return whenAway(error);
      throw stopWith(verdict.code, verdict.message, verdict);
    }
  }

  return {
    state,
    lastCalls() {
      if (!leave()) return [];
      return [former, held].filter((lease) => lease !== undefined).map(server.lastCall);
    },
    async begin() {
      [stop, held, phase, isSetBack, run] = [
        undefined,
        undefined,
        'connecting',
        false,
        new AbortController(),
      ];
      clock.takeSetBack();
      changed();
      await members.alone(run.signal, async () => {
        members.join();
        if (members.hasOthers() && adopt()) return;
        const kept = store.read();
        if (pinned === undefined && keys.length === 0 && typeof kept === 'object') keys = kept.keys;
        former = typeof kept === 'object' ? lastHandedOut(kept, keys) : undefined;
        await attempt(resume);
      });
    },
    async tick() {
      if (phase !== 'live' || held === undefined) return;
      const back = clock.takeSetBack();
      // The server knows what time it is; if it can't be asked, the time is unknown.
      if (back !== undefined) {
        warn({ kind: 'clock_set_back', minutes: Math.round(back / MINUTE) });
        [isSetBack, due] = [true, 0];
      }
      members.join();
      adopt();
      if (isDue())
        await members.alone(run.signal, async () => {
          adopt();
          if (held !== undefined && isDue()) await heartbeat(held);
        });
      const present = state();
      if (present.status !== 'offline') return;
      const { minutesLeft } = present;
      if (WARNED_AT.some((at) => minutesLeft <= at && warnedAt > at)) {
        warnedAt = minutesLeft;
        warn({ kind: 'offline_ending', minutesLeft });
      }
      if (keeper.age() >= MINUTE && held !== undefined) save(held.token);
    },
    async borrow(minutes) {
      adopt();
      const lease = held;
      if (lease === undefined) return;
      const askedAt = clock.elapsed();
      const granted = await server.borrow(lease, minutes, run.signal);
      await accept(granted, askedAt, held ?? lease);
    },
    next: () => Math.min(Math.max(due - clock.elapsed(), 0), LOOKS),
    async end() {
      // A seat that is about to be had is given back as well.
      await anew?.catch(() => {});
      const isLast = leave();
      const lease = held;
      [held, phase, stop] = [undefined, 'idle', undefined];
      run.abort(new LicenseError('released', 'The licence was given back.'));
      if (lease === undefined || !isLast) return;
      try {
        if (former !== undefined) {
          await server.release(former, isAway);
          former = undefined;
          save(lease.token);
        }
        await server.release(lease, isAway);
        forget();
      } catch {
        // Unanswered, the seat is this machine's until its lease ends: the next run may use what the disk has.
      }
    },
    ended(answered) {
      if (answered === [former, held].filter((lease) => lease !== undefined).length) forget();
      else if (answered > 0) {
        former = undefined;
        save(held?.token);
      }
    },
  };
}
