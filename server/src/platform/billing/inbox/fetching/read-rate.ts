import { setTimeout as pause } from 'node:timers/promises';
import { commitPoint, type Database, statement } from '#platform/db';
import { AppError, type Clock } from '#platform/kernel';
import '../../errors.ts';
import type { ReadContext, ProviderMode } from '../../payment-provider.ts';

const TOKEN_TAKEN = commitPoint(
  'billing.turn-taken',
  'the instant at which one more read of a payment provider goes out',
);
const HELD_BACK = commitPoint(
  'billing.reads-held-back',
  'until when a payment provider that asked for less is left in peace',
);

/** How far ahead a token is taken at most, in seconds; a reader that would wait longer asks again then. */
const AHEAD = 5;
/** Seconds that a provider is left in peace at most: they count by the hour at the longest, and a header may say a year. */
const LONGEST_PEACE = 3_600;
/** Share of a second's reads that may go out at once after a quiet time. */
const BURST = 0.25;

export interface ReadRateParts {
  readonly db: Database;
  readonly clock: Clock;
  /** Reads a second, of all processes together. */
  readonly readsPerSecond: number;
}

/** A reader, and for how long it reads. */
export interface Reader {
  readonly signal: AbortSignal;
  /** On the clock that never jumps: no read goes out later. */
  readonly until?: number;
}

/** The reads of a payment provider that all processes share: never more than so many a second in all. */
export interface ReadRate {
  contextFor(reader: Reader): ReadContext;
  /** Takes a token: seconds until the read may go out. undefined: too many were taken already. */
  takeToken(): Promise<number | undefined>;
}

export function createReadRate(parts: ReadRateParts, providerMode: ProviderMode): ReadRate {
  const { db, clock } = parts;
  const takeToken = async () => {
    const [[taken]] = await db.system('billing.inbox', TOKEN_TAKEN, [
      insertToken(providerMode, parts.readsPerSecond),
    ]);
    return taken?.wait;
  };
  async function waitForToken({ signal, until = Number.POSITIVE_INFINITY }: Reader): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const wait = await takeToken();
      await pause((wait ?? AHEAD) * 1_000, undefined, { signal });
      if (clock.monotonic() > until) throw new AppError('store_unavailable');
      if (wait !== undefined) return;
    }
  }
  return {
    takeToken,
    contextFor: (reader) => ({
      signal: reader.signal,
      takeToken: () => waitForToken(reader),
      holdBack: async (seconds) =>
        void (await db.system('billing.inbox', HELD_BACK, [
          holdBack(providerMode, Math.min(LONGEST_PEACE, seconds)),
        ])),
    }),
  };
}

/**
 * A token bucket as one number, the instant at which the next token is there (the generic cell rate algorithm): it lies at
 * most a burst behind now.
 */
function insertToken({ provider, mode }: ProviderMode, perSecond: number) {
  const burst = Math.max(0, Math.ceil(perSecond * BURST) - 1) / perSecond;
  return statement<{ wait: number }>(
    `insert into billing.buckets as b (store, mode, free_at)
     values ($1, $2, app.now() + make_interval(secs => $3::double precision - $4::double precision))
     on conflict (store, mode) do update
       set free_at = greatest(b.free_at, app.now() - make_interval(secs => $4)) + make_interval(secs => $3), updated_at = app.now()
       where b.free_at <= app.now() + make_interval(secs => $5)
     returning greatest(0, extract(epoch from free_at - app.now())::double precision - $3::double precision) as wait`,
    [provider, mode, 1 / perSecond, burst, AHEAD],
  );
}

const holdBack = ({ provider, mode }: ProviderMode, seconds: number) =>
  statement(
    `insert into billing.buckets as b (store, mode, free_at) values ($1, $2, app.now() + make_interval(secs => $3))
     on conflict (store, mode) do update set free_at = greatest(b.free_at, excluded.free_at), updated_at = app.now()`,
    [provider, mode, seconds],
  );
