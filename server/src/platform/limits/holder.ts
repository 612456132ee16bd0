import { type Database, commitPoint, statement } from '#platform/db';
import { type Clock, elapsed, type HolderId, type Ids, readClocks } from '#platform/kernel';

/**
 * How long a lease lasts, how often it is renewed, and how early a process that can't renew gives up. Seconds. `alone`: that of the only
 * process on its database. No process waits for its end, as the next one ends it at its start; so it outlasts a full disk and a night's sleep.
 */
export const LEASE = { ttl: 30, alone: 86_400, renewEvery: 10, giveUpBefore: 10 } as const;

const START = commitPoint('limits.holder-start', 'the lease of this process');
const RENEW = commitPoint('limits.holder-renew', 'ten-second renewal of the lease');
const END = commitPoint('limits.holder-end', 'leases that ended');

export interface HolderParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly kind: string;
  /** The only process on this database: every earlier holder is dead. */
  readonly alone: boolean;
  /** The lease can't be renewed in time: abort what goes out, and exit. Called once. */
  readonly onLost: (reason: string) => void;
}

/** The processes that have a lease, as of the last renewal: ten seconds old at most. */
export interface Fleet {
  readonly holders: number;
  /** How many of them are older than this one. */
  readonly older: number;
}

export interface Holder {
  readonly id: HolderId;
  readonly fleet: Fleet;
  /**
   * Whether this process still holds its lease. Asked, without a query, right before anything goes out that other processes would
   * send again or replace. If not, nothing is sent; the lease is renewed, or the process ends.
   */
  isGood(): boolean;
  /** Renews the lease now; the timer does it by itself. Answers whether the process may go on. */
  renew(): Promise<boolean>;
  /** Ends the lease in good order. */
  end(): Promise<void>;
}

/**
 * One lease per process start keeps alive all permits that the process runs. It is judged by the database's clock; by
 * its own clocks the process stops before others may think it dead. A timer alone would come too late: a process that was stopped, or
 * whose machine slept, reads its sockets before its timers.
 */
export async function startHolder(parts: HolderParts): Promise<Holder> {
  const { db, clock } = parts;
  const ttl = parts.alone ? LEASE.alone : LEASE.ttl;
  /** Milliseconds after which a lease that was not renewed is no longer good. */
  const goodFor = (ttl - LEASE.giveUpBefore) * 1_000;
  const id = parts.ids.next<HolderId>();
  // Before the database is asked: the lease can't have begun earlier.
  let renewedAt = readClocks(clock);
  const renewal = statement<Fleet>(
    'select holders, older from limits.renew_holder($1, make_interval(secs => $2))',
    [id, ttl],
  );
  const [, , [first]] = await db.system('limits.holders', START, [
    statement('select limits.start_holder($1, $2, make_interval(secs => $3))', [id, parts.kind, ttl]),
    statement('select limits.end_holders($1, true) where $2::boolean', [id, parts.alone]),
    renewal,
  ]);
  let fleet: Fleet = first ?? { holders: 1, older: 0 };
  let ended = false;
  let lost = false;
  let isAsking = false;
  let hasFailed = false;

  function lose(reason: string): false {
    if (!lost && !ended) {
      lost = true;
      parts.onLost(reason);
    }
    return false;
  }

  async function renew(): Promise<boolean> {
    const asked = readClocks(clock);
    try {
      const [[known]] = await db.system('limits.holders', RENEW, [renewal]);
      if (known === undefined) return lose('the lease of this process has run out');
      fleet = known;
      if (asked.at >= renewedAt.at) renewedAt = asked;
      hasFailed = false;
      return true;
    } catch {
      hasFailed = true;
      return watch();
    }
  }

  function renewNow(): void {
    if (isAsking) return;
    isAsking = true;
    void renew().finally(() => {
      isAsking = false;
    });
  }

  function watch(): boolean {
    const isLate = clock.monotonic() - renewedAt.at > goodFor;
    return isLate ? lose('the lease could not be renewed in time') : !lost;
  }

  function isGood(): boolean {
    if (lost || ended) return false;
    if (elapsed(renewedAt, readClocks(clock)) <= goodFor) return true;
    // By the clock on the wall alone: the machine slept, or the clock was set. The database knows which.
    if (watch()) renewNow();
    return false;
  }

  const renewing = setInterval(() => void renew(), LEASE.renewEvery * 1_000);
  const watching = setInterval(() => {
    // The database may be back before the lease ends, and before the next renewal is due.
    if (isGood() && hasFailed) renewNow();
  }, 1_000);
  renewing.unref();
  watching.unref();

  return {
    id,
    get fleet() {
      return fleet;
    },
    isGood,
    renew,
    async end() {
      ended = true;
      clearInterval(renewing);
      clearInterval(watching);
      await db.system('limits.holders', END, [statement('select limits.end_holders($1, false)', [id])]);
    },
  };
}
