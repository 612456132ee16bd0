/** Pieces of a stream come no faster than this, however many tokens there are: a timer each would cost more than it shows. */
const SHORTEST_STEP_MS = 20;

/** How long the sandbox takes, and its timers. */
export class Pace {
  latencyMs: number;
  perTokenMs: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(times: { readonly latencyMs: number; readonly perTokenMs: number }) {
    this.latencyMs = times.latencyMs;
    this.perTokenMs = times.perTokenMs;
  }

  /**
   * How a stream of so many tokens is sent: token by token where a time for each is set; else in pieces, over as long
   * as the wait before it was, so that a slow model is seen to write; at once when it takes no time.
   */
  rhythm(tokens: number): { readonly pieceTokens: number; readonly pauseMs: number } {
    if (this.perTokenMs > 0) return { pieceTokens: 1, pauseMs: this.perTokenMs };
    const pieces = Math.max(1, Math.min(tokens, Math.floor(this.latencyMs / SHORTEST_STEP_MS)));
    return { pieceTokens: Math.max(1, Math.ceil(tokens / pieces)), pauseMs: this.latencyMs / pieces };
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
