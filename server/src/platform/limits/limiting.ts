import type { Mail } from '#platform/mail';
import type { Redis } from '#platform/redis';
import type { Logger, Telemetry } from '#platform/telemetry';
import type { EventDispatcher, Webhooks } from '#platform/webhooks';
import type { Clock } from '#platform/kernel';
import { createAlerts } from './usage/alerts.ts';
import { createDenialCache, createDenialEvents } from './admission/denial-cache.ts';
import { type CallErrors, createCallErrors } from './usage/call-errors.ts';
import { pruneEndUsers } from './usage/end-users.ts';
import { tellExpiringCredits } from './usage/expiring-credits.ts';
import { createDenialCounts, type DenialCounts } from './usage/denials.ts';
import { Ends, createEndsElsewhere } from './settlement/ends.ts';
import { createLimits, type Limits, type LimitsParts } from './limits.ts';
import { createOperatorNotices } from './operator/operator-notices.ts';
import { createBudgetAlert, createOperatorBudgets } from './operator/operator.ts';
import { seatsInUse } from './seats/seats.ts';
import { createMemoryRates, type Rates, ratesInTurn } from './rates/rates.ts';
import { createPostgresRates } from './rates/rates.postgres.ts';
import { createRedisRates } from './rates/rates.redis.ts';

/** How often permits of dead holders are looked for. Every worker does it, because any other may be dead. */
const SWEEP = 5_000;

type SuppliedParts =
  | 'denials'
  | 'ends'
  | 'endsElsewhere'
  | 'onForgotten'
  | 'onBudgetClosed'
  | 'onDenied'
  | 'onSeat';

export interface LimitingParts extends Omit<LimitsParts, SuppliedParts> {
  readonly clock: Clock;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  /** Sends alerts and notices. */
  readonly dispatcher: Pick<EventDispatcher, 'addSource'>;
  readonly telemetry: Telemetry;
  /** Whether customers see what model calls cost. */
  readonly showModelCost: boolean;
  readonly redis: Redis | undefined;
}

/** Limits and rates, with their notifications. */
export interface Limiting {
  readonly limits: Limits;
  readonly rates: Rates;
  readonly denials: DenialCounts;
  readonly callErrors: CallErrors;
  pruneEndUsers(): Promise<number>;
  /** Stores the events of credits that expire soon. */
  tellExpiringCredits(): Promise<number>;
  /** Closes permits of dead holders every few seconds until it is stopped. Every worker does it. */
  startSweep(): () => Promise<void>;
  /** Gives back unused rates, waits for denial events under way, and unsubscribes. */
  close(): Promise<void>;
}

/** Limits with their alerts, notices and metrics. */
export function createLimiting(parts: LimitingParts): Limiting {
  const { clock, telemetry } = parts;
  const { logger, metrics } = telemetry;
  const denials = createDenialCache(parts);
  const denied = createDenialEvents({
    ...parts,
    // The next denial sends it.
    onFailure: (err) => logger.warn({ err }, 'a denial could not be told'),
  });
  const counts = createDenialCounts({
    ...parts,
    onFailure: (err) => logger.warn({ err }, 'denials could not be counted yet'),
  });
  const callErrors = createCallErrors({
    ...parts,
    onFailure: (err) => logger.warn({ err }, 'failed calls could not be counted yet'),
  });
  metrics.observeBudgets(() => createOperatorBudgets(parts).list());
  metrics.observeSeats(() => seatsInUse(parts.db));
  parts.dispatcher.addSource(createAlerts(parts));
  parts.dispatcher.addSource(createOperatorNotices(parts));
  const ends = new Ends();
  const endsElsewhere = createEndsElsewhere({ ...parts, ends, holder: parts.holder.id });
  const limits = createLimits({
    ...parts,
    ends,
    endsElsewhere,
    denials,
    onBudgetClosed: createBudgetAlert(clock, (budget) =>
      logger.error({ alert: 'operator_budget_closed', budget }, "a budget of the operator's refuses callers"),
    ),
    onDenied(request, denial) {
      denied.note(request, denial);
      counts.count(request, denial);
    },
    onSeat: metrics.seat,
    onForgotten: (facts: object, why: string, err: unknown) =>
      logger.error({ ...facts, why, err }, 'the database was never told what this says: book it by hand'),
  });
  metrics.observeWritesWaiting(() => limits.retries.size);
  const rates = createRates(parts);
  return {
    limits,
    rates,
    denials: counts,
    callErrors,
    pruneEndUsers: () => pruneEndUsers(parts.db),
    tellExpiringCredits: () => tellExpiringCredits(parts),
    startSweep: () => startSweep(() => limits.sweep(), logger),
    async close() {
      await rates.close();
      await denied.close();
      await counts.close();
      await callErrors.close();
      denials.close();
      endsElsewhere.close();
    },
  };
}

/** Rates in Redis where there is one; in PostgreSQL while it is away. On the embedded database there is no other process to count with. */
function createRates({ db, clock, telemetry, redis }: LimitingParts): Rates {
  const own =
    db.engine === 'pglite'
      ? createMemoryRates(clock)
      : createPostgresRates({
          db,
          clock,
          onFailure(err) {
            telemetry.metrics.rateFailure();
            telemetry.logger.warn({ err }, 'rates could not be asked; callers passed uncounted');
          },
        });
  return redis === undefined ? own : ratesInTurn(createRedisRates(redis, clock), own);
}

/** Closes permits of dead holders every few seconds until it is stopped; a failure is logged. */
function startSweep(sweep: () => Promise<number>, logger: Logger): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  const begin = () => {
    underWay ??= sweep()
      .then((closed) => logger.debug({ closed }, 'permits of dead holders were looked for'))
      .catch((err: unknown) => logger.error({ err }, 'permits of dead holders could not be closed'))
      .finally(() => {
        underWay = undefined;
      });
  };
  begin();
  const timer = setInterval(begin, SWEEP).unref();
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}
