import type { StreamEvent } from 'plinth/product';

/** A reader who has left this many changes unread is cut: they come back, and are told what they missed. One commit makes 400 at most. */
export const MOST_UNREAD = 1_000;

/** Events that wait for one reader of a stream. */
export interface Reader {
  /** Ends when the reader is to be cut. */
  readonly cut: AbortSignal;
  /** Adds a change. More than `MOST_UNREAD` of them: the reader is cut. */
  change(event: StreamEvent, seq: number): void;
  /** Tells who is here now: of several that are unread, the last one alone is told. */
  presence(data: object): void;
  /** They may read no more, or can't be told whether. */
  end(): void;
  /** The next event after the changes up to a number; undefined: the reader is cut, or `over` has ended. */
  next(told: number, over: AbortSignal): Promise<StreamEvent | undefined>;
}

export function createReader(): Reader {
  const cut = new AbortController();
  const unread: { readonly event: StreamEvent; readonly seq: number }[] = [];
  let presence: object | undefined;
  let arrived = Promise.withResolvers<void>();

  function take(told: number): StreamEvent | undefined {
    while (unread[0] !== undefined && unread[0].seq <= told) unread.shift();
    const first = unread.shift();
    if (first !== undefined) return first.event;
    if (presence === undefined) return undefined;
    const data = presence;
    presence = undefined;
    // Its id is that of the last change: who comes back goes on there.
    return { event: 'presence', id: String(told), data };
  }

  return {
    cut: cut.signal,
    change(event, seq) {
      if (unread.length >= MOST_UNREAD) return cut.abort();
      unread.push({ event, seq });
      arrived.resolve();
    },
    presence(data) {
      presence = data;
      arrived.resolve();
    },
    end: () => cut.abort(),
    async next(told, over) {
      while (!over.aborted && !cut.signal.aborted) {
        // Before the look: what arrives while nothing is awaited is seen next.
        arrived = Promise.withResolvers<void>();
        const event = take(told);
        if (event !== undefined) return event;
        await firstOf(arrived.promise, [over, cut.signal]);
      }
      return undefined;
    },
  };
}

/** Waits for something, or for the end of one of the signals. */
function firstOf(arrived: Promise<void>, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      for (const signal of signals) signal.removeEventListener('abort', finish);
      resolve();
    };
    for (const signal of signals) signal.addEventListener('abort', finish);
    if (signals.some(({ aborted }) => aborted)) finish();
    void arrived.then(finish);
  });
}
