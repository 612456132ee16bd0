import { uptime } from 'node:os';
import { type Time, waitByTimer } from '../time.ts';

/** Time as a licence needs it: with clocks that can't be set back. */
export interface LicenseTime extends Time {
  /** Milliseconds since some instant; never goes back within a run, and may stand still while the machine sleeps. */
  monotonic(): number;
  /** Milliseconds since the machine was started, its sleep counted. */
  uptime(): number;
}

/** This machine's. Its waits do not keep the process alive. */
export const backgroundTime: LicenseTime = {
  now: () => Date.now(),
  random: () => Math.random(),
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1_000,
  wait: (milliseconds, signal) => waitByTimer(milliseconds, signal, (timer) => void timer.unref()),
};
