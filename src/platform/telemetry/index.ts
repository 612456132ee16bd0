export { METRICS, type MetricDeclaration } from './catalogue.ts';
export { askErrorTracker, type ErrorTrackerSettings } from './error-tracker.ts';
export type { LogFields, Logger, LogLevel } from './logger.ts';
export type { BreakerState, JobRun, JobsDepth, Metrics, ProviderCall } from './metrics.ts';
export { createTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.ts';
