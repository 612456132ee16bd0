/** Time is passed in, so that tests can drive it. What is decided about limits uses the database's time (`app.now()`), never this. */
export interface Clock {
  /** Wall time in milliseconds since 1970, UTC. */
  now(): number;
  /** Milliseconds on a clock that never jumps: for durations and leases. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** An instant on both clocks: the one that never jumps stands still while the machine sleeps, the one on the wall goes on. */
export interface ClockReading {
  readonly at: number;
  readonly wall: number;
}

export function readClocks(clock: Clock): ClockReading {
  return { at: clock.monotonic(), wall: clock.now() };
}

/** Milliseconds from one instant to a later one, by the clock that went further. */
export function elapsed(since: ClockReading, now: ClockReading): number {
  return Math.max(now.at - since.at, now.wall - since.wall);
}
