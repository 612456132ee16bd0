export { METRICS, type MetricDeclaration } from './catalogue.ts';
export { askErrorTracker, type ErrorTrackerSettings } from './error-tracker.ts';
export type { LogFields, LogFormat, Logger, LogLevel } from './logger.ts';
export type { BreakerState, JobRun, JobsDepth, Metrics, ProviderCall } from './metrics.ts';
export { withoutSecrets } from './redaction.ts';
export { createTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.ts';
export {
  isTraceparent,
  readTraceparent,
  currentTrace,
  errorCode,
  runForAll,
  runInTrace,
  type Span,
  type SpanAttributes,
  type SpanContext,
  type Trace,
} from './tracing/trace.ts';
export type { Tracer, TracingSettings } from './tracing/tracer.ts';
export { askCollector } from './tracing/exporter.ts';
