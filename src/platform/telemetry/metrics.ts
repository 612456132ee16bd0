import type { Attributes, Meter } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { METRICS, type MetricDeclaration } from './catalogue.ts';

/** Upper bounds in seconds: from an answer out of memory to a long generation. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

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

/** What the program counts. Names of routes, models and features only: nothing that a caller can make up. */
export interface Metrics {
  httpRequest(route: string, status: number, seconds: number): void;
  denial(product: string, limit: string): void;
  /** A budget had no room for a call by its bytes, so that its input was counted: then it did fit, or it was too large. */
  recount(product: string, result: 'fits' | 'too_large'): void;
  /** Whether the file of AI_CONFIG is in effect as it is now. */
  aiSettings(state: 'in_effect' | 'refused'): void;
  rateFailure(): void;
  redisBreaker(state: 'closed' | 'open'): void;
  redisFailure(): void;
  providerCall(call: ProviderCall): void;
  breaker(provider: string, model: string, state: BreakerState): void;
  /** Places of a slot limit. */
  slots(of: SlotsOf, counts: { readonly used: number; readonly waiting: number }): void;
  job(run: JobRun): void;
  /** Micro-dollars of model cost. */
  cost(product: string, feature: string, micros: number): void;
  /** Micro-dollars of model cost that nobody is charged for, because the provider failed. */
  failureCost(product: string, feature: string, micros: number): void;
  /** Asked at every scrape for the depth of the queue. */
  observeJobsDepth(read: () => Promise<readonly JobsDepth[]>): void;
  /** Asked at every scrape for the longest wait of each lane. */
  observeOldestJobs(read: () => Promise<readonly OldestJob[]>): void;
  /** Asked at every scrape for the operator's budgets. */
  observeBudgets(read: () => Promise<readonly BudgetState[]>): void;
  /** A schedule enqueued its job. */
  scheduledRun(schedule: string): void;
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
  observeProcess(meter);
  return {
    metrics: instruments(meter),
    async prometheus() {
      const { resourceMetrics } = await reader.collect();
      return serializer.serialize(resourceMetrics);
    },
    close: () => provider.shutdown(),
  };
}

function instruments(meter: Meter): Metrics {
  const counter = ({ name, help }: MetricDeclaration) => meter.createCounter(name, { description: help });
  const gauge = ({ name, help }: MetricDeclaration) => meter.createGauge(name, { description: help });
  const histogram = ({ name, help }: MetricDeclaration) =>
    meter.createHistogram(name, { description: help, advice: { explicitBucketBoundaries: BOUNDS } });
  const requests = labelled(['route', 'status']);
  const denials = labelled(['product', 'limit']);
  const recounts = labelled(['product', 'result']);
  const calls = labelled(['provider', 'model', 'outcome']);
  const breakers = labelled(['provider', 'model']);
  const places = labelled(['provider', 'model', 'lane', 'state']);
  const waits = labelled(['kind', 'lane']);
  const runs = labelled(['kind', 'lane', 'outcome']);
  const costs = labelled(['product', 'feature']);
  const [httpRequests, denialCount, rateFailures] = [
    histogram(METRICS.httpRequests),
    counter(METRICS.denials),
    counter(METRICS.rateFailures),
  ];
  const [recountCount, aiSettings] = [counter(METRICS.recounts), gauge(METRICS.aiSettings)];
  const [redisState, redisFailures] = [gauge(METRICS.redisBreaker), counter(METRICS.redisFailures)];
  const [providerCalls, breakerState, slotCounts, costSum, failureSum] = [
    histogram(METRICS.providerCalls),
    gauge(METRICS.breaker),
    gauge(METRICS.slots),
    counter(METRICS.cost),
    counter(METRICS.failureCost),
  ];
  const [jobWait, jobRun] = [histogram(METRICS.jobWait), histogram(METRICS.jobRun)];
  const [schedules, scheduledRuns] = [labelled(['schedule']), counter(METRICS.scheduledRuns)];
  return {
    httpRequest: (route, status, seconds) => httpRequests.record(seconds, requests(route, String(status))),
    denial: (product, limit) => denialCount.add(1, denials(product, limit)),
    recount: (product, result) => recountCount.add(1, recounts(product, result)),
    aiSettings: (state) => aiSettings.record(state === 'refused' ? 1 : 0),
    rateFailure: () => rateFailures.add(1),
    redisBreaker: (state) => redisState.record(BREAKER_VALUES[state]),
    redisFailure: () => redisFailures.add(1),
    providerCall: (call) =>
      providerCalls.record(call.seconds, calls(call.provider, call.model, call.outcome)),
    breaker: (provider, model, state) =>
      breakerState.record(BREAKER_VALUES[state], breakers(provider, model)),
    slots: ({ provider, model, lane }, { used, waiting }) => {
      slotCounts.record(used, places(provider, model, lane, 'used'));
      slotCounts.record(waiting, places(provider, model, lane, 'waiting'));
    },
    job(run) {
      jobWait.record(run.waitSeconds, waits(run.kind, run.lane));
      jobRun.record(run.runSeconds, runs(run.kind, run.lane, run.outcome));
    },
    cost: (product, feature, micros) => costSum.add(micros, costs(product, feature)),
    failureCost: (product, feature, micros) => failureSum.add(micros, costs(product, feature)),
    observeJobsDepth: (read) => observeDepth(meter, read),
    observeOldestJobs: (read) => observeOldest(meter, read),
    observeBudgets: (read) => observeBudgets(meter, read),
    scheduledRun: (schedule) => scheduledRuns.add(1, schedules(schedule)),
  };
}

function observeDepth(meter: Meter, read: () => Promise<readonly JobsDepth[]>): void {
  const { name, help } = METRICS.jobsDepth;
  meter.createObservableGauge(name, { description: help }).addCallback(async (observed) => {
    for (const { lane, state, count } of await read()) observed.observe(count, { lane, state });
  });
}

function observeOldest(meter: Meter, read: () => Promise<readonly OldestJob[]>): void {
  const { name, help } = METRICS.jobsOldest;
  meter.createObservableGauge(name, { description: help }).addCallback(async (observed) => {
    for (const { lane, seconds } of await read()) observed.observe(seconds, { lane });
  });
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

/** Attribute objects by their values: a call makes no new ones. Bounded, in case a label turns out not to be. */
function labelled(names: readonly string[]): (...values: string[]) => Attributes {
  const known = new Map<string, Attributes>();
  return (...values) => {
    const key = values.join('\u0000');
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
    if (known.size < 10_000) known.set(key, made);
    return made;
  };
}
