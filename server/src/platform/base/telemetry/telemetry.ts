import type { DestinationStream } from 'pino';
import { type Clock, type Random, systemClock, systemRandom } from '#platform/kernel';
import { type ErrorTracker, type ErrorTrackerSettings, openErrorTracker } from './error-tracker.ts';
import { createLogger, type Logger, type LoggerOptions, type LogLevel } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createTracer, type Tracer, type TracingSettings } from './tracing/tracer.ts';

export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** undefined: nothing is traced. */
  readonly tracer: Tracer | undefined;
  /** All metrics in Prometheus' text format. */
  prometheus(): Promise<string>;
  /** From now on, each error that is logged goes to a tracker of errors too. */
  trackErrors(settings: ErrorTrackerSettings): Promise<void>;
  /** Waits until the tracker of errors has what was told so far, `milliseconds` at most. */
  flushErrors(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export interface TelemetryOptions {
  readonly logLevel: LogLevel;
  readonly logFormat?: LoggerOptions['format'];
  /** The project of Google's Cloud that lines of the format `cloud` name their traces in. */
  readonly cloudProject?: string | undefined;
  /** undefined: nothing is traced. */
  readonly tracing?: TracingSettings | undefined;
  /** Those of the system when not said. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** Where log lines go; standard output when not said. */
  readonly logTo?: DestinationStream;
}

/** So long, in milliseconds, may a tracker of errors and a collector of traces take for what is left when the process stops in good order. */
const LAST_EVENTS = 2_000;

/** Logs, metrics and traces of one process. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { metrics, prometheus, close } = createMetrics();
  let tracker: ErrorTracker | undefined;
  const logger = createLogger({
    level: options.logLevel,
    format: options.logFormat,
    project: options.cloudProject,
    destination: options.logTo,
    onError: (fields, message) => tracker?.report(fields, message),
  });
  const { tracing, clock = systemClock, random = systemRandom } = options;
  const { traceSpans: heard } = metrics;
  const tracer = tracing === undefined ? undefined : createTracer(tracing, { clock, random, heard });
  const flushErrors = async (milliseconds: number) => tracker?.flush(milliseconds);
  return {
    logger,
    metrics,
    tracer,
    prometheus,
    flushErrors,
    async trackErrors(settings) {
      tracker = await openErrorTracker(settings, { clock, heard: metrics.errorReport });
    },
    async close() {
      await Promise.all([flushErrors(LAST_EVENTS), tracer?.flush(LAST_EVENTS)]);
      await close();
    },
  };
}
