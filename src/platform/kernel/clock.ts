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
