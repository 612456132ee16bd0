import type { Values } from './settings.ts';

export interface ErrorTrackerSettings {
  readonly dsn: string;
  readonly environment: string;
}

/** Where traces go, and which. */
export interface TracingSettings {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
  readonly ratio: number;
  /** Milliseconds. */
  readonly slow: number;
}

export interface TelemetrySettings {
  readonly metricsToken: string | undefined;
  readonly metricsPort: number | undefined;
  /** Where errors are told beside the log; undefined: nowhere. */
  readonly errorTracker: ErrorTrackerSettings | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly logFormat: 'json' | 'cloud';
  /** The project of Google's Cloud in which log lines name their traces. */
  readonly cloudProject: string | undefined;
  /** undefined: nothing is traced. */
  readonly tracing: TracingSettings | undefined;
}

/** Where the program reports to those who watch it. */
export function readTelemetry(values: Values): TelemetrySettings {
  const { SENTRY_DSN: dsn, SENTRY_ENVIRONMENT: environment = values.NODE_ENV } = values;
  return {
    metricsToken: values.METRICS_TOKEN,
    metricsPort: values.METRICS_PORT,
    errorTracker: dsn === undefined ? undefined : { dsn, environment },
    logLevel: values.LOG_LEVEL ?? (values.NODE_ENV === 'production' ? 'info' : 'warn'),
    logFormat: values.LOG_FORMAT,
    cloudProject: values.GOOGLE_CLOUD_PROJECT,
    tracing: tracingOf(values),
  };
}

function tracingOf(values: Values): TracingSettings | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers = '' } = values;
  if (endpoint === undefined) return undefined;
  const pairs = headers.split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]];
  });
  return {
    endpoint,
    headers: Object.fromEntries(pairs) as Record<string, string>,
    resource: {
      'service.name': values.OTEL_SERVICE_NAME,
      'deployment.environment.name': values.SENTRY_ENVIRONMENT ?? values.NODE_ENV,
    },
    ratio: values.OTEL_TRACES_SAMPLER_ARG,
    slow: values.TRACE_SLOW_MS,
  };
}
