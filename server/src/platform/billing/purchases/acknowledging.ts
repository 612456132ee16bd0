import { type Database, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { Queue } from '#platform/queue';
import type { Logger, Metrics } from '#platform/telemetry';
import type { ObjectRef } from '../facts.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { PaymentProvider, ProviderMode } from '../payment-provider.ts';

const JOB = 'billing.acknowledge';
/** So many at a time: what is left over the next run finds. */
const MOST = 100;
/** A purchase that has less time left than this is told of: acknowledged within a minute, it had three days. */
const LATE = `interval '36 hours'`;

export interface AcknowledgingParts {
  readonly db: Database;
  readonly jobs: Pick<Queue, 'handle' | 'schedule'>;
  readonly inbox: Pick<Inbox, 'refresh'>;
  readonly log: Pick<Logger, 'error' | 'warn'>;
  readonly metrics: Pick<Metrics, 'unacknowledged'>;
  /** Each mode of each store. */
  readonly stores: readonly PaymentProvider[];
}

export interface Acknowledging {
  /**
   * Tells stores that purchases were given which they would take back otherwise. What there is to do is read from the rows that a
   * purchase was applied with, and a store is told twice without harm: a run that died is gone on with by the next. Answers how many.
   */
  run(): Promise<number>;
}

/** Registers the job that does so each minute. */
export function createAcknowledging(parts: AcknowledgingParts): Acknowledging {
  const stores = parts.stores.filter(({ purchases }) => purchases?.acknowledge !== undefined);
  const acknowledging: Acknowledging = {
    async run() {
      let done = 0;
      for (const store of stores) done += await acknowledgeAt(parts, store);
      return done;
    },
  };
  if (stores.length > 0) {
    parts.jobs.handle({
      kind: JOB,
      attempts: 1,
      run: async () => void (await acknowledging.run()),
      giveUp: () => Promise.resolve(),
    });
    parts.jobs.schedule({ name: JOB, cron: '* * * * *', kind: JOB });
  }
  return acknowledging;
}

async function acknowledgeAt(parts: AcknowledgingParts, provider: PaymentProvider): Promise<number> {
  const { db, inbox, log, metrics } = parts;
  const at = { provider: provider.name, mode: provider.mode };
  const [due] = await db.system('billing.inbox', [dueAcknowledgements(at)]);
  const told: ObjectRef[] = [];
  for (const ref of due) {
    try {
      await provider.purchases?.acknowledge?.(ref);
      told.push(ref);
    } catch (err) {
      log.warn({ err, ...at }, 'a store could not be told that a purchase was given');
      // The others would wait for it just as long.
      if (err instanceof AppError && err.code === 'store_unavailable') break;
    }
  }
  // The store says then that it was told, and the purchase is not due any more.
  if (told.length > 0) await inbox.refresh(at, told);
  const [[late]] = await db.system('billing.inbox', [lateAcknowledgements(at)]);
  metrics.unacknowledged(provider.name, late?.count ?? 0);
  if (late !== undefined && late.count > 0)
    log.error(
      { ...at, ...late },
      'purchases are about to be given back by their store: it was not told that they were given',
    );
  return told.length;
}

/** Subscriptions, and what was bought once; a page of each, so that neither waits for the other. */
const DUE = (most: number) => {
  const of = 'store = $1 and mode = $2 and acknowledge_by is not null and acknowledge_by > app.now()';
  return `
    (select 'subscription' as kind, store_id as id, acknowledge_by from billing.subscriptions
     where ${of} and state not in ('canceled', 'expired') order by acknowledge_by limit ${most})
    union all
    (select 'payment', store_id, acknowledge_by from billing.invoices where ${of} order by acknowledge_by limit ${most})`;
};

const dueAcknowledgements = ({ provider, mode }: ProviderMode) =>
  statement<ObjectRef>(`select kind, id from (${DUE(MOST)}) due order by acknowledge_by`, [provider, mode]);

/** So many are counted; more are as bad. */
const COUNTED = 10_000;

/** A purchase without an account here grants nothing, and has no row: if no account brings it, it is right that it goes back. */
const lateAcknowledgements = ({ provider, mode }: ProviderMode) =>
  statement<{ count: number; first: Date | null }>(
    `select count(*)::integer as count, min(acknowledge_by) as first from (${DUE(COUNTED)}) due
     where acknowledge_by < app.now() + ${LATE}`,
    [provider, mode],
  );
