import { numberIn } from '#platform/kernel';
import { z } from 'zod';
import { count, dsn, httpUrl, label, port, setting } from './setting.ts';

/** `name=value` pairs by commas, values percent-encoded, as OpenTelemetry's specification has them. */
const headers = z
  .string()
  .refine(
    (value) =>
      value
        .split(',')
        .every((pair) => /^\s*[\w!#$&'*+.^|~-]+=([\x21-\x24\x26-\x7e]|%[\da-f]{2})*\s*$/i.test(pair)),
    'must be name=value pairs, separated by commas; spaces and commas in a value are percent-encoded',
  );

/** Metrics, errors, logs and traces, for those who watch the server (docs/monitoring.md). */
export const TELEMETRY_SETTINGS = {
  METRICS_TOKEN: setting(z.string().min(16, 'must have at least 16 characters').optional(), {
    group: 'Operations',
    says: 'What /metrics asks for as a bearer token. Without one it answers on METRICS_PORT alone.',
    secret: true,
    example: 'a-long-random-word',
  }),
  METRICS_PORT: setting(port.optional(), {
    group: 'Operations',
    says: 'A port of its own for /metrics, which then does not answer on PORT. Without METRICS_TOKEN anyone who reaches it can read them.',
    example: '9464',
  }),
  SENTRY_DSN: setting(dsn.optional(), {
    group: 'Operations',
    says: 'Where errors are told beside the log: the DSN of a project in Sentry, or in what speaks its protocol, as GlitchTip does. Of people and of their texts no event says anything (docs/runbook.md).',
    secret: true,
    example: 'https://key@errors.example.com/1',
  }),
  SENTRY_ENVIRONMENT: setting(label.optional(), {
    group: 'Operations',
    says: 'Under what name SENTRY_DSN sorts the errors of this installation. Not set: the value of NODE_ENV.',
    example: 'staging',
  }),
  LOG_LEVEL: setting(
    z
      .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
      .optional(),
    {
      group: 'Operations',
      says: 'What is logged at least. Not set: info in production, warn else.',
    },
  ),
  LOG_FORMAT: setting(z.enum(['json', 'cloud'], 'must be json or cloud').default('json'), {
    group: 'Operations',
    says: 'How log lines are written: JSON, a line each. `cloud`: severity, message, trace and span as Google’s Cloud Logging reads them.',
  }),
  GOOGLE_CLOUD_PROJECT: setting(label.optional(), {
    group: 'Operations',
    says: 'The project in which LOG_FORMAT=cloud names traces, so that a line leads to its trace.',
    example: 'my-project',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(httpUrl.optional(), {
    group: 'Operations',
    says: 'A collector that takes OTLP over HTTP (JSON): traces go to /v1/traces below it. Not set: nothing is traced, and tracing costs nothing.',
    example: 'http://collector:4318',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: setting(headers.optional(), {
    group: 'Operations',
    says: 'Headers of each request to the collector, such as its key.',
    secret: true,
    example: 'authorization=Bearer%20key',
  }),
  OTEL_SERVICE_NAME: setting(label.default('plinth'), {
    group: 'Operations',
    says: 'What traces call this program.',
  }),
  OTEL_TRACES_SAMPLER_ARG: setting(
    z
      .preprocess(numberIn, z.number('must be 0 to 1').min(0, 'must be 0 to 1').max(1, 'must be 0 to 1'))
      .default(0.01),
    {
      group: 'Operations',
      says: 'The part of calls that are traced whatever becomes of them: 0.01 is one in 100, 1 is all. Failed and slow ones are traced besides.',
    },
  ),
  TRACE_SLOW_MS: setting(count(600_000).default(1_000), {
    group: 'Operations',
    says: 'Milliseconds from which on a call or a job is slow, so that it is traced. Waits for AI providers do not count.',
  }),
} as const;
