import type { Mail } from '#platform/mail';
import type { Redis } from '#platform/redis';
import type { Logger, Telemetry } from '#platform/telemetry';
import type { Telling, Webhooks } from '#platform/webhooks';
import type { Clock } from '#platform/kernel';
import { createAlerts } from './alerts.ts';
import { createDenialCache } from './denials.ts';
import { createDenialEvents } from './denials.ts';
import { createLimits, type Limits, type LimitsParts } from './limits.ts';
import { createOperatorNotices } from './operator-notices.ts';
import { createBudgetAlert, createOperatorBudgets } from './operator.ts';
import { createPostgresRates } from './rates.postgres.ts';
import { createRedisRates } from './rates.redis.ts';
import { type Rates, ratesInTurn } from './rates.ts';

/** How often permits of dead holders are looked for. Every worker does it: which of them lives is what it is about. */
const SWEEP = 5_000;

type Told = 'denials' | 'onForgotten' | 'onBudgetClosed' | 'onDenied';

export interface LimitingParts extends Omit<LimitsParts, Told> {
  readonly clock: Clock;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  /** What has alerts and notices told. */
  readonly telling: Pick<Telling, 'from'>;
  readonly telemetry: Telemetry;
  readonly redis: Redis | undefined;
}

/** Limits and rates, and what tells of them. */
export interface Limiting {
  readonly limits: Limits;
  readonly rates: Rates;
  /** Closes permits that nobody runs any more, now and again until it is stopped. Every worker does it. */
  startSweep(): () => Promise<void>;
  /** Waits for denials that are being told, and hears nothing more. */
  close(): Promise<void>;
}

/** Limits as the program has them: what closes, fills up or is refused is told to those who want to know. */
export function createLimiting(parts: LimitingParts): Limiting {
  const { clock, telemetry } = parts;
  const { logger, metrics } = telemetry;
  const denials = createDenialCache(parts);
  const denied = createDenialEvents({
    ...parts,
    // Told with the next denial.
    onFailure: (err) => logger.warn({ err }, 'a denial could not be told'),
  });
  metrics.observeBudgets(() => createOperatorBudgets(parts).list());
  parts.telling.from(createAlerts(parts));
  parts.telling.from(createOperatorNotices(parts));
  const limits = createLimits({
    ...parts,
    denials,
    onBudgetClosed: createBudgetAlert(clock, (budget) =>
      logger.error({ alert: 'operator_budget_closed', budget }, "a budget of the operator's refuses callers"),
    ),
    onDenied: denied.note,
    onForgotten: (facts: object, why: string, err: unknown) =>
      logger.error({ ...facts, why, err }, 'the database was never told what this says: book it by hand'),
  });
  return {
    limits,
    rates: createRates(parts),
    startSweep: () => startSweep(() => limits.sweep(), logger),
    async close() {
      await denied.close();
      denials.close();
    },
  };
}

/** Rates in Redis where there is one; in PostgreSQL while it is away. */
function createRates({ db, telemetry, redis }: LimitingParts): Rates {
  const inPostgres = createPostgresRates({
    db,
    onFailure(err) {
      telemetry.metrics.rateFailure();
      telemetry.logger.warn({ err }, 'rates could not be asked; callers passed uncounted');
    },
  });
  return redis === undefined ? inPostgres : ratesInTurn(createRedisRates(redis), inPostgres);
}

/** Closes permits that nobody runs any more, now and again until it is stopped; one that fails is logged. */
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
