/** How long the sandbox takes, and its timers. */
export class Pace {
  latencyMs: number;
  perTokenMs: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(times: { readonly latencyMs: number; readonly perTokenMs: number }) {
    this.latencyMs = times.latencyMs;
    this.perTokenMs = times.perTokenMs;
  }

  /** Runs a step later; at once, with no timer, when there is nothing to wait for. */
  after(ms: number, step: () => void): void {
    if (ms <= 0) {
      step();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      step();
    }, ms);
    this.#timers.add(timer);
  }

  /** Drops what has not happened yet. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
