import type { Attributes, Meter } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { type MetricDeclaration, METRICS } from './catalogue.ts';
import type { ErrorReportOutcome } from './error-tracker.ts';
import { createSeriesSet, type SeriesSet } from './series.ts';
import type { SpanOutcome } from './tracing/exporter.ts';

export interface ProviderCall {
  readonly provider: string;
  readonly model: string;
  readonly outcome: string;
  readonly seconds: number;
}

/** A slot limit; `*`: all models, or both lanes. */
export interface SlotsOf {
  readonly provider: string;
  readonly model: string;
  readonly lane: string;
}

export interface JobRun {
  readonly kind: string;
  readonly lane: string;
  readonly outcome: string;
  readonly waitSeconds: number;
  readonly runSeconds: number;
}

export interface JobsDepth {
  readonly lane: string;
  readonly state: string;
  readonly count: number;
}

export interface OldestJob {
  readonly lane: string;
  readonly seconds: number;
}

export type BreakerState = 'closed' | 'half_open' | 'open';
const BREAKER_VALUES: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };

/** A budget of the operator's: what it is for, nothing named being all, and how it stands. */
export interface BudgetState {
  readonly product?: string | undefined;
  readonly feature?: string | undefined;
  readonly provider?: string | undefined;
  readonly plan?: string | undefined;
  /** Micro-dollars a day; null: none. */
  readonly daily: number | null;
  readonly spent: number;
  readonly closed: boolean;
}

/** Counters of the program. Names of routes, models and features only: nothing that a caller can make up. */
export interface Metrics {
  httpRequest(route: string, status: number, seconds: number): void;
  denial(product: string, limit: string): void;
  /** A machine asked for a seat, or renewed its own. */
  seat(product: string, outcome: string): void;
  /** Asked at every scrape for the machines that hold a seat. */
  observeSeats(read: () => Promise<readonly { readonly product: string; readonly used: number }[]>): void;
  /** A budget had no room for a call by its bytes, so that its input was counted: then it did fit, or it was too large. */
  recount(product: string, result: 'fits' | 'too_large'): void;
  /** Whether the files of AI_CONFIG and AI_UPSTREAMS are in effect as they are now. */
  aiSettings(state: 'in_effect' | 'refused'): void;
  rateFailure(): void;
  redisBreaker(state: 'closed' | 'open'): void;
  redisFailure(): void;
  providerCall(call: ProviderCall): void;
  /** Something was found in what a person wrote, or a model replied. */
  safetyFinding(product: string, status: string, source: string): void;
  moderation(outcome: string): void;
  breaker(provider: string, model: string, state: BreakerState): void;
  /** Places of a slot limit. */
  slots(of: SlotsOf, counts: { readonly used: number; readonly waiting: number }): void;
  job(run: JobRun): void;
  /** A reply that would have repeated a secret prompt was cut; `rule`: how the prompt was written in it. */
  promptLeak(product: string, prompt: string, rule: string): void;
  /** Micro-dollars of model cost. */
  cost(product: string, feature: string, micros: number): void;
  /** Micro-dollars of model cost that no account is charged for, because the provider failed. */
  failureCost(product: string, feature: string, micros: number): void;
  /** Asked at every scrape for the depth of the queue. */
  observeJobsDepth(read: () => Promise<readonly JobsDepth[]>): void;
  /** Asked at every scrape for the longest wait of each lane. */
  observeOldestJobs(read: () => Promise<readonly OldestJob[]>): void;
  /** Asked at every scrape whether the database answers. */
  observeDatabase(read: () => Promise<DatabaseState>): void;
  /** Asked at every scrape for the ends of calls that the database was not told yet. */
  observeWritesWaiting(read: () => number): void;
  /** Asked at every scrape for what payment providers are still to be asked for. */
  observeStoreObjects(read: () => Promise<readonly StoreObjects[]>): void;
  /** Asked at every scrape for the operator's budgets. */
  observeBudgets(read: () => Promise<readonly BudgetState[]>): void;
  /** Purchases that a store will take back within 36 hours unless it is told that they were given. */
  unacknowledged(store: string, count: number): void;
  /** An error was to be told to a tracker of errors. */
  errorReport(outcome: ErrorReportOutcome): void;
  /** So many spans came to this end. */
  traceSpans(outcome: SpanOutcome, spans: number): void;
  /** An upload came to its end: `completed`, `mismatch`, `given_up`. */
  blobUpload(product: string, outcome: 'completed' | 'mismatch' | 'given_up'): void;
  /** The home of files failed at something. */
  blobHomeFailure(home: string, doing: string): void;
  /** Findings of the last comparison of home and database. */
  blobProblems(orphans: number, missing: number): void;
  /** Asked at every scrape for what all accounts store. */
  observeBlobs(read: () => Promise<readonly StoredBlobs[]>): void;
  /** A schedule enqueued its job. */
  scheduledRun(schedule: string): void;
}

export interface DatabaseState {
  /** undefined: it does not answer. */
  readonly pingSeconds: number | undefined;
  /** undefined: there are none, the database is a part of the process. */
  readonly connections:
    | { readonly used: number; readonly idle: number; readonly waiting: number }
    | undefined;
}

/** Objects of a payment provider that wait to be read. */
export interface StoreObjects {
  readonly store: string;
  readonly state: string;
  readonly count: number;
}

/** Files of a product. */
export interface StoredBlobs {
  readonly product: string;
  readonly bytes: number;
}

export interface MetricsHandle {
  readonly metrics: Metrics;
  /** All metrics in Prometheus' text format. */
  prometheus(): Promise<string>;
  close(): Promise<void>;
}

/** Metrics by OpenTelemetry, read through its Prometheus serializer; its exporter opens no server of its own. */
export function createMetrics(): MetricsHandle {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter('plinth');
  const serializer = new PrometheusSerializer('', false, undefined, true, true);
  const series = createSeriesSet();
  observeProcess(meter);
  return {
    metrics: instruments(meter, series),
    async prometheus() {
      const { resourceMetrics } = await reader.collect();
      const counted = { scope: { name: 'plinth' }, metrics: series.collect() };
      return serializer.serialize({
        ...resourceMetrics,
        scopeMetrics: [...resourceMetrics.scopeMetrics, counted],
      });
    },
    close: () => provider.shutdown(),
  };
}

function instruments(meter: Meter, { counter, gauge, histogram }: SeriesSet): Metrics {
  const httpRequests = histogram(METRICS.httpRequests);
  const denials = counter(METRICS.denials);
  const [recounts, seats] = [counter(METRICS.recounts), counter(METRICS.seats)];
  const aiSettings = gauge(METRICS.aiSettings);
  const rateFailures = counter(METRICS.rateFailures);
  const [redisState, redisFailures] = [gauge(METRICS.redisBreaker), counter(METRICS.redisFailures)];
  const providerCalls = histogram(METRICS.providerCalls);
  const [safetyFindings, moderations] = [counter(METRICS.safetyFindings), counter(METRICS.moderations)];
  const [breakers, slots] = [gauge(METRICS.breaker), gauge(METRICS.slots)];
  const [costs, failureCosts] = [counter(METRICS.cost), counter(METRICS.failureCost)];
  const [jobWaits, jobRuns] = [histogram(METRICS.jobWait), histogram(METRICS.jobRun)];
  const scheduledRuns = counter(METRICS.scheduledRuns);
  const [blobUploads, blobHomeFailures] = [counter(METRICS.blobUploads), counter(METRICS.blobHomeFailures)];
  const blobProblems = gauge(METRICS.blobProblems);
  const unacknowledged = gauge(METRICS.unacknowledged);
  const traceSpans = counter(METRICS.traceSpans);
  const [errorReports, promptLeaks] = [counter(METRICS.errorReports), counter(METRICS.promptLeaks)];
  return {
    httpRequest: (route, status, seconds) => httpRequests(seconds, route, status),
    denial: (product, limit) => denials(1, product, limit),
    recount: (product, result) => recounts(1, product, result),
    seat: (product, outcome) => seats(1, product, outcome),
    observeSeats: (read) =>
      observe(
        meter,
        METRICS.seatsInUse,
        sampled(read, ({ product, used }) => [used, { product }]),
      ),
    aiSettings: (state) => aiSettings(state === 'refused' ? 1 : 0),
    rateFailure: () => rateFailures(1),
    redisBreaker: (state) => redisState(BREAKER_VALUES[state]),
    redisFailure: () => redisFailures(1),
    providerCall: (call) => providerCalls(call.seconds, call.provider, call.model, call.outcome),
    safetyFinding: (product, status, source) => safetyFindings(1, product, status, source),
    moderation: (outcome) => moderations(1, outcome),
    breaker: (provider, model, state) => breakers(BREAKER_VALUES[state], provider, model),
    slots({ provider, model, lane }, { used, waiting }) {
      slots(used, provider, model, lane, 'used');
      slots(waiting, provider, model, lane, 'waiting');
    },
    job(run) {
      jobWaits(run.waitSeconds, run.kind, run.lane);
      jobRuns(run.runSeconds, run.kind, run.lane, run.outcome);
    },
    promptLeak: (product, prompt, rule) => promptLeaks(1, product, prompt, rule),
    cost: (product, feature, micros) => costs(micros, product, feature),
    failureCost: (product, feature, micros) => failureCosts(micros, product, feature),
    observeJobsDepth: (read) =>
      observe(
        meter,
        METRICS.jobsDepth,
        sampled(read, ({ lane, state, count }) => [count, { lane, state }]),
      ),
    observeOldestJobs: (read) =>
      observe(
        meter,
        METRICS.jobsOldest,
        sampled(read, ({ lane, seconds }) => [seconds, { lane }]),
      ),
    observeDatabase: (read) => observeDatabase(meter, read),
    observeWritesWaiting: (read) => observe(meter, METRICS.writesWaiting, () => [[read(), {}]]),
    observeStoreObjects: (read) =>
      observe(
        meter,
        METRICS.storeObjects,
        sampled(read, ({ store, state, count }) => [count, { store, state }]),
      ),
    observeBudgets: (read) => observeBudgets(meter, read),
    unacknowledged: (store, count) => unacknowledged(count, store),
    errorReport: (outcome) => errorReports(1, outcome),
    traceSpans: (outcome, spans) => traceSpans(spans, outcome),
    blobUpload: (product, outcome) => blobUploads(1, product, outcome),
    blobHomeFailure: (home, doing) => blobHomeFailures(1, home, doing),
    blobProblems(orphans, missing) {
      blobProblems(orphans, 'orphans');
      blobProblems(missing, 'missing');
    },
    observeBlobs: (read) =>
      observe(
        meter,
        METRICS.blobBytes,
        sampled(read, ({ product, bytes }) => [bytes, { product }]),
      ),
    scheduledRun: (schedule) => scheduledRuns(1, schedule),
  };
}

type Sample = readonly [value: number, labels: Attributes];

/** A gauge whose values are asked for at each scrape. */
function observe(
  meter: Meter,
  { name, help }: MetricDeclaration,
  read: () => Promise<readonly Sample[]> | readonly Sample[],
): void {
  meter.createObservableGauge(name, { description: help }).addCallback(async (observed) => {
    for (const [value, labels] of await read()) observed.observe(value, labels);
  });
}

/** Makes what is read for a gauge out of rows. */
function sampled<Row>(read: () => Promise<readonly Row[]>, of: (row: Row) => Sample) {
  return async () => (await read()).map(of);
}

function observeDatabase(meter: Meter, read: () => Promise<DatabaseState>): void {
  const gauges = [METRICS.databaseUp, METRICS.databasePing, METRICS.databaseConnections] as const;
  const [up, ping, connections] = gauges.map(({ name, help }) =>
    meter.createObservableGauge(name, { description: help }),
  );
  if (up === undefined || ping === undefined || connections === undefined) return;
  meter.addBatchObservableCallback(
    async (observed) => {
      const { pingSeconds, connections: open = {} } = await read();
      observed.observe(up, pingSeconds === undefined ? 0 : 1);
      if (pingSeconds !== undefined) observed.observe(ping, pingSeconds);
      for (const [state, count] of Object.entries<number>(open))
        observed.observe(connections, count, { state });
    },
    [up, ping, connections],
  );
}

function observeBudgets(meter: Meter, read: () => Promise<readonly BudgetState[]>): void {
  const gauges = [METRICS.budgetsClosed, METRICS.budgetsSpent] as const;
  const [closed, spent] = gauges.map(({ name, help }) =>
    meter.createObservableGauge(name, { description: help }),
  );
  if (closed === undefined || spent === undefined) return;
  meter.addBatchObservableCallback(
    async (observed) => {
      for (const budget of await read()) {
        const { product = 'all', feature = 'all', provider = 'all', plan = 'all' } = budget;
        const labels = { product, feature, provider, plan };
        const isSpent = budget.daily !== null && budget.spent >= budget.daily;
        observed.observe(closed, budget.closed || isSpent ? 1 : 0, labels);
        if (budget.daily !== null && budget.daily > 0)
          observed.observe(spent, budget.spent / budget.daily, labels);
      }
    },
    [closed, spent],
  );
}

function observeProcess(meter: Meter): void {
  meter
    .createObservableGauge(METRICS.memory.name, { description: METRICS.memory.help })
    .addCallback((observed) => {
      const { rss, heapUsed, external } = process.memoryUsage();
      observed.observe(rss, { of: 'resident' });
      observed.observe(heapUsed, { of: 'heap' });
      observed.observe(external, { of: 'external' });
    });
  meter
    .createObservableCounter(METRICS.cpu.name, { description: METRICS.cpu.help })
    .addCallback((observed) => {
      const { user, system } = process.cpuUsage();
      observed.observe((user + system) / 1_000_000);
    });
}
