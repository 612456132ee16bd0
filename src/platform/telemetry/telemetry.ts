import type { DestinationStream } from 'pino';
import type { Clock } from '#platform/kernel';
import { type ErrorTracker, type ErrorTrackerSettings, openErrorTracker } from './error-tracker.ts';
import { createLogger, type Logger, type LogLevel } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';

export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** All metrics in Prometheus' text format. */
  prometheus(): Promise<string>;
  /** From now on, each error that is logged goes to a tracker of errors too. */
  trackErrors(settings: ErrorTrackerSettings, clock: Clock): Promise<void>;
  /** Waits until the tracker of errors has what was told so far, `milliseconds` at most. */
  flushErrors(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export interface TelemetryOptions {
  readonly logLevel: LogLevel;
  /** Where log lines go; standard output when not said. */
  readonly logTo?: DestinationStream;
}

/** So long, in milliseconds, may a tracker of errors take for its last events when the process stops in good order. */
const LAST_EVENTS = 2_000;

/** Logs and metrics of one process. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { metrics, prometheus, close } = createMetrics();
  let tracker: ErrorTracker | undefined;
  const logger = createLogger({
    level: options.logLevel,
    destination: options.logTo,
    onError: (fields, message) => tracker?.report(fields, message),
  });
  const flushErrors = async (milliseconds: number) => tracker?.flush(milliseconds);
  return {
    logger,
    metrics,
    prometheus,
    flushErrors,
    async trackErrors(settings, clock) {
      tracker = await openErrorTracker(settings, { clock, heard: metrics.errorReport });
    },
    async close() {
      await flushErrors(LAST_EVENTS);
      await close();
    },
  };
}
