/** Waiting is passed in, as the clock is, so that tests drive it and none sleeps. */
export interface Timers {
  /** Runs once after so many milliseconds; what it returns calls it off. */
  after(milliseconds: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
