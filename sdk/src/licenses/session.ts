import type { ServerClock } from './clock.ts';
import type { LastCall } from './exit.ts';
import { stateKeeper } from './keeper.ts';
import { answers, follows, isNewer, lastHandedOut, mergedKeys, resumedFrom } from './leases.ts';
import type { Members } from './members.ts';
import { type Granted, type LicenseServer, verdictOf } from './server.ts';
import {
  beforeSession,
  type Instant,
  isOver,
  reduce,
  type SessionEffect,
  type SessionEvent,
  shownState,
} from './session-state.ts';
import type { StateStore } from './state-file.ts';
import { LicenseError, type LicenseState, type LicenseWarning } from './states.ts';
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
  /** Calls that give back at the end of the process the seat, and what an earlier run was handed out with it. */
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

/** The clocks are looked at this often: after the machine's sleep timers wait for the rest of their time. Milliseconds. */
const LOOKS = 15_000;

export function createSession(parts: SessionParts): Session {
  const { server, store, members, clock, time, pinned, changed, warn } = parts;
  let session = beforeSession(pinned ?? []);
  let run = new AbortController();
  let anew: Promise<void> | undefined;
  const keeper = stateKeeper(parts);
  const now = () => clock.now() ?? Number.POSITIVE_INFINITY;
  const instant = (): Instant => ({ now: now(), elapsed: clock.elapsed(), chance: time.random() });
  const isDue = () => clock.elapsed() >= session.due || isOver(session, now());

  /** Takes an event in. Throws where it stops the session. */
  function apply(event: SessionEvent): void {
    const { stop: before } = session;
    const { state, effects } = reduce(session, event, instant());
    session = state;
    effects.forEach(perform);
    if (state.stop !== undefined && state.stop !== before) throw state.stop;
  }

  function perform(effect: SessionEffect): void {
    const { keys, former, told } = session;
    switch (effect.kind) {
      case 'save':
        return keeper.save({ keys, token: effect.token, former: former?.token, ...told });
      case 'forget':
        return keeper.forget({ keys, ...told });
      case 'abort':
        return run.abort(effect.reason);
      case 'leave':
        return members.leave();
      case 'warn':
        return warn(effect.warning);
      case 'changed':
        return changed();
    }
  }

  const refuse = ({ code, message }: { code: string; message: string }, cause: unknown) =>
    apply({ kind: 'refused', error: new LicenseError(code, message, cause) });

  /** Believes an answer by its signature alone; `before` is the lease that it renews. Throws `untrusted_answer`. */
  async function accept(granted: Granted, askedAt: number, before: Lease | undefined): Promise<void> {
    const isKnown = session.keys.some(({ kid }) => kid === keyIdOf(granted.token));
    if (!isKnown && pinned === undefined) {
      const fetched = await server.publicKeys(run.signal);
      apply({ kind: 'keys_fetched', keys: mergedKeys(session.keys, fetched) });
    }
    run.signal.throwIfAborted();
    const lease = leaseIn(granted.token, session.keys);
    const isOurs = lease !== undefined && answers(lease, granted) && follows(lease, before);
    if (!isOurs || leaseEnd(lease) <= lease.serverTime)
      throw new LicenseError(
        'untrusted_answer',
        'The answer is not from the licence server, or it is out of date.',
      );
    clock.set(lease.serverTime, askedAt);
    apply({ kind: 'granted', lease, granted });
  }

  /** Goes on with the session that another program of this machine has had since. Answers whether there is one. */
  function adopt(): boolean {
    const { held } = session;
    const kept = store.read();
    if (typeof kept === 'string' || kept.token === undefined || kept.token === held?.token) return false;
    const keys = pinned ?? mergedKeys(session.keys, kept.keys);
    const found = resumedFrom(kept, keys, clock);
    const { interval, seats } = kept;
    if (found === undefined || found === 'set_back' || interval === undefined) return false;
    const { lease, serverTime } = found;
    if (leaseEnd(lease) <= serverTime || !isNewer(lease, held)) return false;
    clock.set(serverTime, clock.elapsed());
    keeper.adopted(kept.token);
    const former = leaseIn(kept.former ?? '', keys);
    apply({ kind: 'adopted', lease, age: serverTime - lease.serverTime, interval, seats, keys, former });
    return true;
  }

  /** From here on this program is none of those that share the seat. Answers whether it was the last. */
  function leave(): boolean {
    members.leave();
    if (session.held !== undefined) adopt();
    return !members.hasOthers();
  }

  /** The server is away: goes on with a lease that was handed out to an earlier run, where there is one. */
  function resume(error: unknown): void {
    const kept = store.read();
    if (typeof kept === 'string') {
      if (kept !== 'state_missing') warn({ kind: 'state', problem: kept });
      return apply({ kind: 'away', error });
    }
    const keys = pinned ?? kept.keys;
    apply({ kind: 'found', keys, former: leaseIn(kept.former ?? '', keys) });
    const resumed = resumedFrom(kept, keys, clock);
    if (resumed === 'set_back') return refuse(BEHIND, error);
    if (resumed === undefined) return apply({ kind: 'away', error });
    const { lease, serverTime } = resumed;
    clock.set(serverTime, clock.elapsed());
    apply({ kind: 'resumed', lease, told: { seats: kept.seats, interval: kept.interval } });
    apply({ kind: 'away', error });
    keeper.adopted(lease.token);
  }

  async function heartbeat(lease: Lease): Promise<void> {
    const askedAt = clock.elapsed();
    try {
      await accept(await server.heartbeat(lease, run.signal), askedAt, lease);
    } catch (error) {
      if (run.signal.aborted) return;
      if (error instanceof LicenseError) warn({ kind: 'untrusted_answer' });
      const verdict = verdictOf(error);
      if (verdict === 'away') return apply({ kind: 'away', error });
      // Another program of this machine has asked for a seat since, and both go on with that one.
      if (adopt()) return;
      if (verdict !== 'lost') return refuse(verdict, verdict);
      anew = acquireAnew(lease);
      await anew;
    }
  }

  async function acquireAnew(lease: Lease): Promise<void> {
    apply({ kind: 'lost', lease });
    await attempt((error) => apply({ kind: 'away', error }));
  }

  async function attempt(whenAway: (error: unknown) => void): Promise<void> {
    try {
      const askedAt = clock.elapsed();
      await accept(await server.acquire(run.signal), askedAt, undefined);
    } catch (error) {
      if (run.signal.aborted) throw error;
      if (error instanceof LicenseError) return refuse({ code: error.reason, message: error.message }, error);
      const verdict = verdictOf(error);
      if (typeof verdict === 'string') return whenAway(error);
      refuse(verdict, verdict);
    }
  }

  const leases = () => [session.former, session.held].filter((lease) => lease !== undefined);

  return {
    state: () => shownState(session, now()),
    lastCalls: () => (leave() ? leases().map(server.lastCall) : []),
    async begin() {
      run = new AbortController();
      clock.takeSetBack();
      apply({ kind: 'begun' });
      await members.alone(run.signal, async () => {
        members.join();
        if (members.hasOthers() && adopt()) return;
        const kept = store.read();
        const left = typeof kept === 'object' ? kept : undefined;
        const keys = pinned === undefined && session.keys.length === 0 ? (left?.keys ?? []) : session.keys;
        apply({ kind: 'found', keys, former: left && lastHandedOut(left, keys) });
        await attempt(resume);
      });
    },
    async tick() {
      if (session.phase !== 'live' || session.held === undefined) return;
      const by = clock.takeSetBack();
      // The server says what time it is.
      if (by !== undefined) apply({ kind: 'set_back', by });
      members.join();
      adopt();
      if (isDue())
        await members.alone(run.signal, async () => {
          adopt();
          if (session.held !== undefined && isDue()) await heartbeat(session.held);
        });
      apply({ kind: 'looked', age: keeper.age() });
    },
    async borrow(minutes) {
      adopt();
      const { held } = session;
      if (held === undefined) return;
      const askedAt = clock.elapsed();
      const granted = await server.borrow(held, minutes, run.signal);
      await accept(granted, askedAt, session.held ?? held);
    },
    next: () => Math.min(Math.max(session.due - clock.elapsed(), 0), LOOKS),
    async end() {
      // A seat that is about to be had is given back as well.
      await anew?.catch(() => {});
      const isLast = leave();
      const { held, former, isAway } = session;
      apply({ kind: 'ended' });
      if (held === undefined || !isLast) return;
      try {
        if (former !== undefined) {
          await server.release(former, isAway);
          apply({ kind: 'former_released', token: held.token });
        }
        await server.release(held, isAway);
        apply({ kind: 'released' });
      } catch {
        // Unanswered, the seat is this machine's until its lease ends: the next run may use what the disk has.
      }
    },
    ended(answered) {
      if (answered === leases().length) apply({ kind: 'released' });
      else if (answered > 0) apply({ kind: 'former_released', token: session.held?.token });
    },
  };
}

const BEHIND = {
  code: 'clock_set_back',
  message: 'The clock of this machine is behind what it was.',
};
