import type { DestinationStream } from 'pino';
import { createLogger, type Logger, type LogLevel } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';

export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** All metrics in Prometheus' text format. */
  prometheus(): Promise<string>;
  close(): Promise<void>;
}

export interface TelemetryOptions {
  readonly logLevel: LogLevel;
  /** Where log lines go; standard output when not said. */
  readonly logTo?: DestinationStream;
}

/** Logs and metrics of one process. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { metrics, prometheus, close } = createMetrics();
  const logger = createLogger({ level: options.logLevel, destination: options.logTo });
  return { logger, metrics, prometheus, close };
}
