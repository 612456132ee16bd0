/** `open`: Redis is not asked, and calls fail at once. */
export type RedisState = 'closed' | 'open';

/** So many calls that fail one after the other open it: then it is Redis, and no single call. */
const FAILURES = 3;

export interface BreakerParts {
  /** Finds out whether Redis is well again; throws when it is not. */
  readonly probe: () => Promise<void>;
  /** Milliseconds between two probes. */
  readonly pause: number;
  readonly changed: (state: RedisState) => void;
}

export interface RedisBreaker {
  readonly state: RedisState;
  succeeded(): void;
  failed(): void;
  /** Opens at once: the connection is gone. */
  trip(): void;
  /** Probes now, where it is open: there is a connection again. */
  probe(): void;
  close(): void;
}

/**
 * The circuit breaker of Redis, which begins open. It counts failures in a row, not a share of a window as the one of
 * AI providers does: of 10,000 calls a second, seconds would pass until half of a window failed. And it probes by
 * itself: no caller waits for a probe, and it closes again without calls.
 */
export function createBreaker({ probe, pause, changed }: BreakerParts): RedisBreaker {
  let state: RedisState = 'open';
  let failures = 0;
  let probing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  function become(next: RedisState): void {
    failures = 0;
    if (state === next) return;
    state = next;
    changed(next);
  }

  function later(): void {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => void tryIt(), pause).unref();
  }

  async function tryIt(): Promise<void> {
    if (probing || closed || state === 'closed') return;
    probing = true;
    const isWell = await probe().then(
      () => true,
      () => false,
    );
    probing = false;
    if (closed) return;
    if (isWell) become('closed');
    else later();
  }

  function trip(): void {
    // The end of a connection that we closed ourselves is no failure.
    if (closed) return;
    become('open');
    later();
  }

  later();
  return {
    get state() {
      return state;
    },
    succeeded() {
      failures = 0;
    },
    failed() {
      failures += 1;
      if (state === 'closed' && failures >= FAILURES) trip();
    },
    trip,
    probe: () => void tryIt(),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
