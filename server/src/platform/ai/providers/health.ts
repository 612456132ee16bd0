import { type Database, type Statement, statement } from '#platform/db';
import type { Clock } from '#platform/kernel';
import type { AiMetrics, CallOutcome } from '../ports.ts';
import type { BreakerState } from './breaker.ts';
import type { KeyAtModel } from './keys.ts';
import { type Providers, type Target, waitFor } from './providers.ts';

/** Minutes of the ledger that are looked at. */
const SPAN = 60;

/** The ledger's figures of a model's calls in the last hour, of all processes. Durations are microseconds. */
interface LedgerHealth {
  readonly calls: number;
  readonly posted: number;
  /** Not served, and not billed. */
  readonly voided: number;
  /** Posted at the most that they may have cost: the provider gave no figures, or broke off. */
  readonly estimated: number;
  readonly open: number;
  /** Those of the calls that were made after a call of another model, under the same permit, was voided. */
  readonly fallbacks: number;
  readonly median_run_us: number | null;
  readonly p95_run_us: number | null;
  readonly last_at: string | null;
}

interface LedgerRow extends Omit<LedgerHealth, 'last_at'> {
  readonly provider: string;
  readonly model: string;
  readonly last_at: Date | null;
}

/** The calls of this process since it began, by how they ended, and the last that was not served. */
interface ProcessHealth {
  readonly outcomes: Readonly<Partial<Record<CallOutcome, number>>>;
  readonly last_failure: { readonly outcome: CallOutcome; readonly at: string } | null;
}

interface KeyHealth {
  readonly name: string;
  readonly throttled_ms: number;
  /** The status with which the provider refuses it. */
  readonly refused: number | null;
  /** Milliseconds until a call tries it again. */
  readonly refused_ms: number;
}

export interface ModelHealth extends ProcessHealth {
  readonly provider: string;
  readonly model: string;
  /** null: this process does not call it. */
  readonly breaker: BreakerState | null;
  /** Milliseconds for which the provider asked us to wait. */
  readonly throttled_ms: number;
  /** Where its upstream has several. */
  readonly keys: readonly KeyHealth[];
  readonly ledger: LedgerHealth;
}

export interface ProvidersHealth {
  /** Whose breakers, throttles and outcomes these are. */
  readonly process: string;
  readonly data: readonly ModelHealth[];
}

/** How the models of providers fare: by this process, and by the ledger of all. */
export interface Health {
  /** Metrics that are counted here, too. */
  readonly counting: Pick<AiMetrics, 'providerCall'>;
  read(): Promise<ProvidersHealth>;
}

/** Parts that it is read with. */
export interface HealthParts {
  readonly db: Database;
  readonly process: string;
}

interface Parts {
  readonly clock: Clock;
  readonly metrics: AiMetrics | undefined;
  readonly providers: () => Providers;
  readonly parts: HealthParts | undefined;
}

interface Counts {
  readonly outcomes: Partial<Record<CallOutcome, number>>;
  last_failure: ProcessHealth['last_failure'];
}

const QUIET: LedgerHealth = {
  calls: 0,
  posted: 0,
  voided: 0,
  estimated: 0,
  open: 0,
  fallbacks: 0,
  median_run_us: null,
  p95_run_us: null,
  last_at: null,
};

export function createHealth({ clock, metrics, providers, parts }: Parts): Health {
  const counted = new Map<string, Counts>();
  return {
    counting: {
      providerCall(call) {
        metrics?.providerCall(call);
        const { outcome } = call;
        const name = nameOf(call);
        const counts = counted.get(name) ?? { outcomes: {}, last_failure: null };
        counts.outcomes[outcome] = (counts.outcomes[outcome] ?? 0) + 1;
        if (outcome !== 'served') counts.last_failure = { outcome, at: new Date(clock.now()).toISOString() };
        counted.set(name, counts);
      },
    },
    async read() {
      if (parts === undefined) throw new Error('the health of providers was given no database');
      const [rows] = await parts.db.system('admin.providers', [lastHour()]);
      const ledgers = new Map(rows.map((row) => [nameOf(row), row]));
      const targets = new Map(providers().targets.map((target) => [nameOf(target), target]));
      const names = [...new Set([...targets.keys(), ...ledgers.keys()])].toSorted();
      const data = names.map((name): ModelHealth => {
        const target = targets.get(name);
        const row = ledgers.get(name);
        const [provider = '', model = ''] = name.split(/\/(.*)/);
        const { outcomes = {}, last_failure = null } = counted.get(name) ?? {};
        return {
          provider,
          model,
          ...(target === undefined ? UNKNOWN : healthOfTarget(target)),
          outcomes,
          last_failure,
          ledger: row === undefined ? QUIET : ledgerOf(row),
        };
      });
      return { process: parts.process, data };
    },
  };
}

const UNKNOWN = { breaker: null, throttled_ms: 0, keys: [] };

/** A model as this process knows it. */
export const healthOfTarget = (target: Target) => ({
  breaker: target.breaker.state,
  throttled_ms: Math.ceil(waitFor(target)),
  keys: target.keys?.members.map(({ key }) => healthOfKey(key)) ?? [],
});

function healthOfKey({ name, throttle, refusals }: KeyAtModel): KeyHealth {
  const [refused] = refusals.filter(({ status }) => status !== 0);
  return {
    name,
    throttled_ms: Math.ceil(throttle.wait),
    refused: refused?.status ?? null,
    refused_ms: Math.ceil(refused?.wait() ?? 0),
  };
}

const nameOf = ({ provider, model }: { readonly provider: string; readonly model: string }): string =>
  `${provider}/${model}`;

function ledgerOf({ provider: _provider, model: _model, last_at: last, ...row }: LedgerRow): LedgerHealth {
  return { ...row, last_at: last?.toISOString() ?? null };
}

/**
 * Calls under permits of the last hour, which their ids tell the time of (RFC 9562, section 5.7): the index by permit holds them side by side. What
 * accounts' own backends reported is no call of ours.
 */
const lastHour = (): Statement<LedgerRow> =>
  statement<LedgerRow>(
    `with since as (
       select (lpad(to_hex((extract(epoch from app.now() - make_interval(mins => $1)) * 1000)::bigint), 12, '0') || '-0000-0000-000000000000') as hex),
     calls as (
       select e.provider, e.model, e.state, e.estimated, e.steps[4] as run, e.created_at,
         lag(e.state) over attempts as before, lag(e.provider || '/' || e.model) over attempts as other
       from limits.usage_events e
       where e.permit_id >= (select (left(hex, 8) || '-' || substr(hex, 9))::uuid from since) and e.corrects is null and e.reported_id is null
       window attempts as (partition by e.permit_id order by e.attempt))
     select provider, model, count(*)::integer as calls, count(*) filter (where state = 'posted')::integer as posted,
       count(*) filter (where state = 'voided')::integer as voided, count(*) filter (where state = 'posted' and estimated)::integer as estimated,
       count(*) filter (where state in ('pending', 'sent'))::integer as open,
       count(*) filter (where before = 'voided' and other <> provider || '/' || model)::integer as fallbacks,
       (percentile_cont(0.5) within group (order by run))::integer as median_run_us,
       (percentile_cont(0.95) within group (order by run))::integer as p95_run_us, max(created_at) as last_at
     from calls group by provider, model`,
    [SPAN],
  );
