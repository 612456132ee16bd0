import { PlinthError } from '../errors.ts';
import { endOf, isOwed } from './leases.ts';
import type { Granted } from './server.ts';
import type { KeptState } from './state-file.ts';
import { LicenseError, type LicenseState, type LicenseWarning } from './states.ts';
import type { Lease, PublicKey } from './tokens.ts';

/** A licence session as this program knows it. */
export interface SessionState {
  readonly phase: 'idle' | 'connecting' | 'live';
  readonly stop: LicenseError | undefined;
  readonly held: Lease | undefined;
  /** The seat that an earlier run was handed out and did not give back: until it ends the seat is this machine's, and it gets no other. */
  readonly former: Lease | undefined;
  readonly told: Pick<KeptState, 'seats' | 'interval'>;
  readonly keys: readonly PublicKey[];
  readonly isAway: boolean;
  /** The machine's clock was set back, and the server has not said since what time it is. */
  readonly isSetBack: boolean;
  /** When the server is asked again, on the clock of `Instant.elapsed`. */
  readonly due: number;
  readonly offlineMinutes: number;
  /** The minutes that were left at the last warning. */
  readonly warnedAt: number;
}

/** When an event happens, and the chance of it. */
export interface Instant {
  /** The server's time; infinite while it is unknown. Milliseconds. */
  readonly now: number;
  readonly elapsed: number;
  /** From 0 to 1. */
  readonly chance: number;
}

export type SessionEvent =
  | { readonly kind: 'begun' }
  | { readonly kind: 'keys_fetched'; readonly keys: SessionState['keys'] }
  /** An earlier run left these. */
  | { readonly kind: 'found'; readonly keys: SessionState['keys']; readonly former: Lease | undefined }
  | { readonly kind: 'granted'; readonly lease: Lease; readonly granted: Pick<Granted, 'interval' | 'seats'> }
  /** Another program of this machine has had a session since, and the server answered it `age` milliseconds ago. */
  | ({
      readonly kind: 'adopted';
      readonly lease: Lease;
      readonly age: number;
      readonly interval: number;
    } & Pick<SessionState, 'keys' | 'former'> &
      Pick<KeptState, 'seats'>)
  | { readonly kind: 'resumed'; readonly lease: Lease; readonly told: SessionState['told'] }
  | { readonly kind: 'away'; readonly error: unknown }
  | { readonly kind: 'lost'; readonly lease: Lease }
  | { readonly kind: 'refused'; readonly error: LicenseError }
  /** By so many milliseconds. */
  | { readonly kind: 'set_back'; readonly by: number }
  /** The clocks were looked at; the state was kept so many milliseconds ago. */
  | { readonly kind: 'looked'; readonly age: number }
  | { readonly kind: 'ended' }
  /** The seat of an earlier run was given back; `token` is the lease that is left. */
  | { readonly kind: 'former_released'; readonly token: string | undefined }
  | { readonly kind: 'released' };

export type SessionEffect =
  | { readonly kind: 'save'; readonly token: string | undefined }
  | { readonly kind: 'forget' | 'leave' | 'changed' }
  /** Ends the calls under way. */
  | { readonly kind: 'abort'; readonly reason: LicenseError }
  | { readonly kind: 'warn'; readonly warning: LicenseWarning };

export interface Transition {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** The server is asked again this often while it is away, by chance up to half as long again. Milliseconds. */
const AWAY = 30_000;
/** A server that asks for more patience than this is asked again all the same. Milliseconds. */
const MOST = 300_000;
/** A heartbeat is sent before the seat ends, however long the interval. Milliseconds. */
const AHEAD = 30_000;
const WARNED_AT = [10, 5, 1];
const MINUTE = 60_000;

export const beforeSession = (keys: readonly PublicKey[]): SessionState => ({
  phase: 'idle',
  stop: undefined,
  held: undefined,
  former: undefined,
  told: {},
  keys,
  isAway: false,
  isSetBack: false,
  due: 0,
  offlineMinutes: 0,
  warnedAt: Number.POSITIVE_INFINITY,
});

const timeLeft = (lease: Lease, former: Lease | undefined, now: number) => endOf(lease, former) - now;

export const isOver = ({ held, former }: SessionState, now: number) =>
  held === undefined || timeLeft(held, former, now) <= 0;

/** The state that the program is shown. */
export function shownState(state: SessionState, now: number): LicenseState {
  const { stop, phase, held, former, isAway, offlineMinutes, told } = state;
  if (stop !== undefined) return { status: 'stopped', reason: stop.reason, message: stop.message };
  if (phase === 'idle') return { status: 'idle' };
  if (phase === 'connecting' || held === undefined || isOver(state, now)) return { status: 'connecting' };
  if (!isAway) return { status: 'online', offlineMinutes, seats: told.seats };
  const minutesLeft = Math.ceil(timeLeft(held, former, now) / MINUTE);
  return { status: 'offline', minutesLeft, until: new Date(endOf(held, former)) };
}

/** Decides what an event makes of a session, and what is to be done. */
export function reduce(state: SessionState, event: SessionEvent, at: Instant): Transition {
  switch (event.kind) {
    case 'begun':
      return next(
        { ...state, stop: undefined, held: undefined, phase: 'connecting', isSetBack: false },
        { kind: 'changed' },
      );
    case 'keys_fetched':
      return next({ ...state, keys: event.keys });
    case 'found':
      return next({ ...state, keys: event.keys, former: event.former });
    case 'granted':
      return grant(state, event, at);
    case 'adopted': {
      const { lease, age, interval, seats, keys, former } = event;
      return next(hold({ ...state, keys, former, told: { seats, interval } }, { lease, interval, age }, at));
    }
    case 'resumed':
      return next({ ...state, held: event.lease, phase: 'live', told: event.told });
    case 'away':
      return retryLater(state, event.error, at);
    case 'lost':
      return lose(state, event.lease, at);
    case 'refused':
      return stopWith(state, event.error);
    case 'set_back':
      return next(
        { ...state, isSetBack: true, due: 0 },
        { kind: 'warn', warning: { kind: 'clock_set_back', minutes: Math.round(event.by / MINUTE) } },
      );
    case 'looked':
      return look(state, event.age, at);
    case 'ended': {
      const reason = new LicenseError('released', 'The licence was given back.');
      return next({ ...state, held: undefined, phase: 'idle', stop: undefined }, { kind: 'abort', reason });
    }
    case 'former_released':
      return next({ ...state, former: undefined }, { kind: 'save', token: event.token });
    case 'released':
      return next(state, { kind: 'forget' });
  }
}

const next = (state: SessionState, ...effects: SessionEffect[]): Transition => ({ state, effects });

function stopWith(state: SessionState, reason: LicenseError): Transition {
  const stopped: SessionState = {
    ...state,
    stop: reason,
    phase: 'idle',
    held: undefined,
    former: undefined,
  };
  const forgets: SessionEffect[] = reason.reason === 'seat_taken_over' ? [] : [{ kind: 'forget' }];
  return next(stopped, { kind: 'abort', reason }, { kind: 'leave' }, ...forgets);
}

function grant(
  state: SessionState,
  { lease, granted: { seats, interval } }: SessionEvent & { readonly kind: 'granted' },
  at: Instant,
): Transition {
  // A seat is worth one lease at a time: with one of its own the former is over.
  const isFormerOver = lease.offlineUntil !== undefined || !isOwed(state.former, lease, at.now);
  const former = isFormerOver ? undefined : state.former;
  const told = { seats: seats ?? state.told.seats, interval };
  const held = hold({ ...state, former, told }, { lease, interval, age: 0 }, at);
  return next(held, { kind: 'save', token: lease.token });
}

/** The server has answered with a lease, `age` milliseconds ago. */
function hold(
  state: SessionState,
  { lease, interval, age }: { readonly lease: Lease; readonly interval: number; readonly age: number },
  { now, elapsed, chance }: Instant,
): SessionState {
  const { former } = state;
  const isForOffline = (lease.offlineUntil ?? former?.offlineUntil) !== undefined;
  const jittered = interval * (1.01 + 0.09 * chance);
  const inTime = lease.expiresAt - lease.serverTime - AHEAD;
  return {
    ...state,
    held: lease,
    phase: 'live',
    isAway: false,
    isSetBack: false,
    warnedAt: Number.POSITIVE_INFINITY,
    offlineMinutes: isForOffline ? Math.round(timeLeft(lease, former, now) / MINUTE) : 0,
    due: elapsed + Math.min(jittered, Math.max(inTime, AHEAD)) - age,
  };
}

/** The server is away: there is work as long as there is a lease. */
function retryLater(state: SessionState, error: unknown, { now, elapsed, chance }: Instant): Transition {
  const stop = (reason: string, message: string) => stopWith(state, new LicenseError(reason, message, error));
  if (state.held === undefined) return stop('unreachable', 'The licence server can’t be reached.');
  if (state.isSetBack) return stop('clock_set_back', 'The clock of this machine was set back while offline.');
  if (isOver(state, now))
    return stop('offline_ended', 'The time for work without the licence server is over.');
  const patience = error instanceof PlinthError ? Math.min((error.retryAfter ?? 0) * 1_000, MOST) : 0;
  return next({
    ...state,
    isAway: true,
    due: elapsed + Math.max(AWAY * (1 + 0.5 * chance), patience),
  });
}

/** Another seat is asked for. With what an earlier run was handed out work goes on meanwhile. */
function lose(state: SessionState, lease: Lease, { now }: Instant): Transition {
  if (isOwed(state.former, lease, now)) return next({ ...state, isAway: true }, { kind: 'changed' });
  const lost: SessionState = { ...state, held: undefined, phase: 'connecting' };
  return next(lost, { kind: 'forget' }, { kind: 'changed' });
}

function look(state: SessionState, age: number, { now }: Instant): Transition {
  const shown = shownState(state, now);
  if (shown.status !== 'offline') return next(state);
  const { minutesLeft } = shown;
  const keeps: SessionEffect[] = age >= MINUTE ? [{ kind: 'save', token: state.held?.token }] : [];
  if (!WARNED_AT.some((minutes) => minutesLeft <= minutes && state.warnedAt > minutes))
    return next(state, ...keeps);
  const warning: LicenseWarning = { kind: 'offline_ending', minutesLeft };
  return next({ ...state, warnedAt: minutesLeft }, { kind: 'warn', warning }, ...keeps);
}
