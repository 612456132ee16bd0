/** How a call goes wrong on the wire. */
export type Fault =
  /**
   * Refused with this status before anything is done. 500: it failed while it was worked on, so that its Idempotency-Key hears
   * that again; `done`: after it was carried out. `begun`: another status is heard again by its key, too, as a balance that is too small is.
   */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code?: string;
      readonly done?: boolean;
      readonly begun?: boolean;
    }
  /** Never answered; `done`: after it was carried out. */
  | { readonly kind: 'hang'; readonly done?: boolean }
  /** The connection is reset; `done`: after it was carried out, so that the caller never hears of it. */
  | { readonly kind: 'reset'; readonly done?: boolean }
  /** Begun only when it is released: until then its Idempotency-Key is in use. */
  | { readonly kind: 'wait' }
  /** Carried out and answered at once; the answer is under way until it is released. */
  | { readonly kind: 'hold' };

/** A call that waits, or whose answer is under way. */
export interface HeldCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  release(): void;
}

/** The calls that a fault applies to: `POST /v1/subscriptions`, or `GET` for all that begin so. */
export interface Faults {
  /** Queues faults: each meets one call that begins so, in order. */
  at(call: string, ...faults: readonly Fault[]): void;
  /** Faults that the first calls of each kind of POST meet, `POST /v1/invoices/:id/pay`, in order. Answers the kinds that met all of them. */
  eachPost(...faults: readonly Fault[]): () => readonly string[];
  /** A fault for every call that begins so and that none of the queue meets; null: no more. */
  always(call: string, fault: Fault | null): void;
  /** Removes pending faults and releases held calls. */
  clear(): void;
  /** Calls that wait and answers that are under way, oldest first. */
  held(): readonly HeldCall[];
  /** Resolves when at least so many are held. */
  untilHeld(count: number): Promise<void>;
}

export class FaultPlan implements Faults {
  #next: { readonly call: string; readonly fault: Fault }[] = [];
  readonly #always = new Map<string, Fault>();
  #ofEach: { readonly faults: readonly Fault[]; readonly met: Map<string, number> } | undefined;
  #held: HeldCall[] = [];
  #watchers: (() => void)[] = [];

  at(call: string, ...faults: readonly Fault[]): void {
    this.#next.push(...faults.map((fault) => ({ call, fault })));
  }

  eachPost(...faults: readonly Fault[]): () => readonly string[] {
    const met = new Map<string, number>();
    this.#ofEach = { faults, met };
    return () => [...met].flatMap(([kind, times]) => (times < faults.length ? [] : [kind]));
  }

  always(call: string, fault: Fault | null): void {
    if (fault === null) this.#always.delete(call);
    else this.#always.set(call, fault);
  }

  clear(): void {
    this.#next = [];
    this.#ofEach = undefined;
    this.#always.clear();
    for (const held of this.#held) held.release();
  }

  held(): readonly HeldCall[] {
    return [...this.#held];
  }

  async untilHeld(count: number): Promise<void> {
    while (this.#held.length < count) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** The fault that a call meets, `POST /v1/customers`. */
  take(call: string): Fault | undefined {
    const place = this.#next.findIndex((one) => call.startsWith(one.call));
    if (place >= 0) return this.#next.splice(place, 1)[0]?.fault;
    return [...this.#always].find(([begins]) => call.startsWith(begins))?.[1];
  }

  /** The fault that a call of this kind meets because it is one of the first. A call that its key hears again is none. */
  takeOfKind(kind: string): Fault | undefined {
    if (this.#ofEach === undefined || !kind.startsWith('POST ')) return undefined;
    const { faults, met } = this.#ofEach;
    const times = met.get(kind) ?? 0;
    if (times < faults.length) met.set(kind, times + 1);
    return faults[times];
  }

  /** Resolves when the test releases it. */
  hold({ method, path }: Pick<HeldCall, 'method' | 'path'>): Promise<void> {
    return new Promise((resolve) => {
      const held: HeldCall = {
        method,
        path,
        release: () => {
          this.#held = this.#held.filter((one) => one !== held);
          resolve();
        },
      };
      this.#held.push(held);
      for (const watcher of this.#watchers.splice(0)) watcher();
    });
  }
}
