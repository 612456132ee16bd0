const WINDOW_MS = 1_000;

/** How many requests came in the last second, by the wall clock: a vendor's limit does not heed a driven one. */
export class Rate {
  readonly #perSecond: number | undefined;
  #taken: number[] = [];

  /** undefined: no limit. */
  constructor(perSecond: number | undefined) {
    this.#perSecond = perSecond;
  }

  /** Counts a request; false: it is one too many, and not counted. */
  take(): boolean {
    if (this.#perSecond === undefined) return true;
    const now = performance.now();
    this.#taken = this.#taken.filter((at) => at > now - WINDOW_MS);
    if (this.#taken.length >= this.#perSecond) return false;
    this.#taken.push(now);
    return true;
  }
}
