import type { LicenseTime } from './time.ts';

/** How far a clock may be set back without a word: corrections by a time server are smaller. Milliseconds. */
export const CLOCK_SLACK = 120_000;

/** What the machine's clocks say at one instant. */
export interface Reading {
  readonly wall: number;
  readonly uptime: number;
}

/** The server's time as it goes on here, by no clock that can be set back. */
export interface ServerClock {
  /** Milliseconds that have passed since this clock was made, asleep or awake. */
  elapsed(): number;
  /** The server said that it was `serverTime` at some instant after `elapsed` was `askedAt`: it is counted from then. */
  set(serverTime: number, askedAt: number): void;
  /** Milliseconds since 1970 at the server, or a little more; never less. Undefined until it was set. */
  now(): number | undefined;
  /** Milliseconds by which the machine's clock was set back, where that is more than the slack; heard once. */
  takeSetBack(): number | undefined;
  reading(): Reading;
}

/**
 * Between two looks as much time has passed as the fastest of three clocks says: the monotonic one stands still while some
 * machines sleep, the time since the start of the machine is coarse or missing in some, and the wall clock can be set. A wall
 * clock that is set ahead makes an offline lease shorter, one that is set back makes it no longer, and is noticed.
 */
export function serverClock(time: LicenseTime): ServerClock {
  let last = look();
  let elapsed = 0;
  /** The wall clock's lead before the clocks that can't be set, at its highest. */
  let ran = 0;
  let highest = last.wall;
  let setBack: number | undefined;
  let atStart: number | undefined;

  function look() {
    return { wall: time.now(), monotonic: time.monotonic(), uptime: time.uptime() };
  }

  function count(): number {
    const now = look();
    const run = Math.max(now.monotonic - last.monotonic, now.uptime - last.uptime, 0);
    elapsed += Math.max(run, now.wall - last.wall);
    ran += run;
    last = now;
    const lead = now.wall - ran;
    if (highest - lead > CLOCK_SLACK) {
      setBack = highest - lead;
      highest = lead;
    }
    highest = Math.max(highest, lead);
    return elapsed;
  }

  return {
    elapsed: count,
    set(serverTime, askedAt) {
      atStart = serverTime - askedAt;
    },
    now() {
      const passed = count();
      return atStart === undefined ? undefined : atStart + passed;
    },
    takeSetBack() {
      count();
      const taken = setBack;
      setBack = undefined;
      return taken;
    },
    reading() {
      count();
      return { wall: last.wall, uptime: last.uptime };
    },
  };
}

/** What has passed since an earlier run, milliseconds; `set_back` where the clock is behind what that run has seen. */
export function passedSince(before: Reading, now: Reading): number | 'set_back' {
  // After a restart it has been away for at least as long as it has been up.
  const up = now.uptime >= before.uptime ? now.uptime - before.uptime : now.uptime;
  const wall = now.wall - before.wall;
  return wall < up - CLOCK_SLACK ? 'set_back' : Math.max(up, wall);
}
