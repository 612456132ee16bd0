import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, Exception, StackFrame } from '@sentry/core';
import type { Clock } from '#platform/kernel';
import type { LogFields } from './logger.ts';

export interface ErrorTrackerSettings {
  /** Where events go: `https://<key>@<host>/<project>`. */
  readonly dsn: string;
  /** As the tracker sorts them: production, staging. */
  readonly environment: string;
}

/** Fate of an error: `repeated` are those that are counted in the next event of their kind. */
export type ErrorReportOutcome = 'sent' | 'repeated' | 'failed';

/** A tracker of errors that speaks Sentry's protocol: Sentry itself, GlitchTip, Bugsink. */
export interface ErrorTracker {
  /** Tells of an error as the log has it: fields that `fitForLog` has seen, and a sentence of ours. Never throws, never waits. */
  report(fields: LogFields, message: string): void;
  /** Waits until all is sent, `milliseconds` at most. */
  flush(milliseconds: number): Promise<void>;
}

/** Milliseconds in which one event of a kind is enough. */
const APART = 60_000;
/** Kinds that are remembered: their names are ours, so that there are never many. */
const MOST_KINDS = 1_000;
/** Milliseconds that a tracker has to take an event. */
const PATIENCE = 5_000;
/** Events that wait for the tracker at once; what comes on top is lost. */
const WAITING = 64;
const ROOT = join(import.meta.dirname, '../../../../..');
/** Fields that are worth a search in the tracker. */
const TAGS = ['request_id', 'route', 'code', 'alert', 'kind', 'product', 'job_id', 'permit_id'] as const;

/**
 * Opens a tracker. Events are made of what the log would write, and of nothing else: no breadcrumbs, no request, no name of the
 * machine. Of the vendor's SDK that is the envelope, the stack's frames and the transport, which heeds its rate limits.
 */
export async function openErrorTracker(
  settings: ErrorTrackerSettings,
  parts: { readonly clock: Clock; readonly heard: (outcome: ErrorReportOutcome) => void },
): Promise<ErrorTracker> {
  const { clock, heard } = parts;
  const [sentry, { nodeStackLineParser }] = await Promise.all([
    import('@sentry/core'),
    import('@sentry/core/server'),
  ]);
  const dsn = sentry.dsnFromString(settings.dsn);
  if (dsn === undefined) throw new TypeError('SENTRY_DSN can not be read.');
  const url = sentry.getEnvelopeEndpointWithUrlEncodedAuth(dsn);
  const transport = sentry.createTransport(
    { bufferSize: WAITING, recordDroppedEvent: () => {} },
    ({ body }) => post(url, body),
  );
  const release = `plinth@${versionOf()}`;
  const frames = sentry.createStackParser(nodeStackLineParser());
  const allows = createRepeatFilter(clock);
  return {
    report(fields, message) {
      const repeats = allows(kindOf(fields, message));
      if (repeats === undefined) {
        heard('repeated');
        return;
      }
      const event: Event = {
        event_id: sentry.uuid4(),
        timestamp: clock.now() / 1_000,
        platform: 'node',
        level: 'error',
        logger: 'plinth',
        release,
        environment: settings.environment,
        ...eventOf({ ...fields, ...(repeats > 0 && { repeats }) }, message, frames),
      };
      transport.send(sentry.createEventEnvelope(event, dsn)).then(
        ({ statusCode }) => heard(statusCode !== undefined && statusCode < 300 ? 'sent' : 'failed'),
        () => heard('failed'),
      );
    },
    async flush(milliseconds) {
      await transport.flush(milliseconds);
    },
  };
}

/** The common part of two errors that are one thing to look at. */
function kindOf(fields: LogFields, message: string): string {
  const { code, route, err } = fields;
  const { type, code: cause } = asRecord(err);
  return [message, code, route, type, cause].map(String).join(' ');
}

type Frames = (stack: string) => StackFrame[];

function eventOf({ err, ...fields }: LogFields, message: string, frames: Frames): Event {
  const tags = Object.fromEntries(
    TAGS.flatMap((name) => (typeof fields[name] === 'string' ? [[name, fields[name]]] : [])),
  );
  const exceptions = exceptionsOf(err, frames);
  return {
    message,
    tags,
    extra: fields,
    ...(exceptions.length > 0 && { exception: { values: exceptions } }),
  };
}

/** An error and its causes, the innermost first. */
function exceptionsOf(err: unknown, frames: Frames): Exception[] {
  const { type, message, stack, cause } = asRecord(err);
  if (typeof type !== 'string') return [];
  const own: Exception = {
    type,
    value: typeof message === 'string' ? message : '',
    ...(typeof stack === 'string' && { stacktrace: { frames: frames(stack).map(withoutFolder) } }),
  };
  return [...exceptionsOf(cause, frames), own];
}

/** Where the program is installed says nothing, and would part what is one error on two machines. */
function withoutFolder(frame: StackFrame): StackFrame {
  const { filename } = frame;
  return filename?.startsWith(ROOT) === true
    ? { ...frame, filename: `app://${filename.slice(ROOT.length)}` }
    : frame;
}

function versionOf(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

interface PostResult {
  readonly statusCode: number;
  readonly headers: { 'x-sentry-rate-limits': string | null; 'retry-after': string | null };
}

async function post(url: string, body: string | Uint8Array): Promise<PostResult> {
  const {
    status,
    headers,
    body: answer,
  } = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-sentry-envelope' },
    body: typeof body === 'string' ? body : Buffer.from(body),
    signal: AbortSignal.timeout(PATIENCE),
    redirect: 'error',
  });
  await answer?.cancel();
  const header = (name: 'x-sentry-rate-limits' | 'retry-after') => headers.get(name);
  return {
    statusCode: status,
    headers: {
      'x-sentry-rate-limits': header('x-sentry-rate-limits'),
      'retry-after': header('retry-after'),
    },
  };
}

/**
 * Asks a tracker whether it knows the key of a DSN, by an envelope that makes no event: a report of a client that lost nothing.
 * Answers its status.
 */
export async function askErrorTracker(dsnText: string): Promise<number> {
  const sentry = await import('@sentry/core');
  const dsn = sentry.dsnFromString(dsnText);
  if (dsn === undefined) throw new TypeError('SENTRY_DSN can not be read.');
  const envelope = sentry.createClientReportEnvelope([], sentry.dsnToString(dsn));
  const { statusCode } = await post(
    sentry.getEnvelopeEndpointWithUrlEncodedAuth(dsn),
    sentry.serializeEnvelope(envelope),
  );
  return statusCode;
}

interface Kind {
  readonly until: number;
  repeats: number;
}

/**
 * An outage fails each call alike: one event of a kind a minute tells as much as all. Answers how many were kept back since the
 * last that was let through; undefined: this one is kept back too.
 */
export function createRepeatFilter(clock: Pick<Clock, 'monotonic'>): (kind: string) => number | undefined {
  const kinds = new Map<string, Kind>();
  return (name) => {
    const at = clock.monotonic();
    const known = kinds.get(name);
    if (known !== undefined && at < known.until) {
      known.repeats += 1;
      return undefined;
    }
    if (kinds.size >= MOST_KINDS) kinds.clear();
    kinds.set(name, { until: at + APART, repeats: 0 });
    return known?.repeats ?? 0;
  };
}
