/** When the sandbox does what is due later: by the wall clock, or by tests that move the time on. */
export interface Time {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs a step so many milliseconds later; at once, with no timer, when there is nothing to wait for. */
  after(ms: number, step: () => void): void;
  /** Moves a driven time on, and does what is due by then, in order. The wall clock can't be moved. */
  elapse(ms: number): void;
  /** Drops what has not happened yet. */
  stop(): void;
}

export class WallTime implements Time {
  readonly #timers = new Set<NodeJS.Timeout>();

  now(): number {
    return Date.now();
  }

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

  elapse(): void {
    throw new Error('This sandbox goes by the wall clock: make it with { driven: true }.');
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

export class DrivenTime implements Time {
  #now = Date.now();
  #due: { readonly at: number; readonly step: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, step: () => void): void {
    if (ms <= 0) step();
    else this.#due.push({ at: this.#now + ms, step });
  }

  elapse(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#now = next.at;
      next.step();
    }
    this.#now = until;
  }

  /** Takes the earliest step that is due by an instant: what it sets off may be due by then too. */
  #next(until: number) {
    const due = this.#due.filter(({ at }) => at <= until);
    const first = due.reduce<(typeof due)[number] | undefined>(
      (best, one) => (best === undefined || one.at < best.at ? one : best),
      undefined,
    );
    this.#due = this.#due.filter((one) => one !== first);
    return first;
  }

  stop(): void {
    this.#due = [];
  }
}
