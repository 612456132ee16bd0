import { type DestinationStream, pino } from 'pino';
import { standardOutput } from './output.ts';
import { fitForLog, withoutSecretsInMessage } from './redaction.ts';
import { currentTrace } from './tracing/trace.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export type LogFields = Readonly<Record<string, unknown>>;

/** `cloud`: severity, message, trace and span by the names that Google's Cloud Logging reads. */
export type LogFormat = 'json' | 'cloud';

/**
 * The log. A message is a sentence of ours, the fields are what it is about: ids, figures, codes, an `err`.
 * Secrets and people's texts are hidden on every way in, but keep them out anyway.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** Whether lines of this level are written: for those that cost something to make. */
  hears(level: Exclude<LogLevel, 'silent'>): boolean;
  /** A logger that adds these fields to every line. Not for the path of a call: pass `request_id` as a field there. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json` when not said. */
  readonly format?: LogFormat | undefined;
  /** The Google Cloud project that traces are in, for `cloud`. */
  readonly project?: string | undefined;
  /** Where the lines go; standard output when not said. */
  readonly destination?: DestinationStream | undefined;
  /** Hears of each error as it is written, also where the level is above. */
  readonly onError?: OnError;
}

export type OnError = (fields: LogFields, message: string) => void;

const MESSAGE_KEYS: ReadonlyMap<LogFormat | undefined, string> = new Map([['cloud', 'message']]);

/** Google's words for levels. */
const SEVERITIES: Readonly<Record<string, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
};

/** JSON lines by pino. On standard output they leave together, at most 0.1 s late; warnings and errors at once, with all before them. */
export function createLogger(options: LoggerOptions): Logger {
  const { format, project } = options;
  const isCloud = format === 'cloud';
  const settings = {
    level: options.level,
    base: { service: 'plinth' },
    messageKey: MESSAGE_KEYS.get(format) ?? 'msg',
    formatters: {
      level: (level: string) => (isCloud ? { severity: SEVERITIES[level] ?? 'DEFAULT' } : { level }),
      log: (fields: LogFields) => (isCloud ? cloudFields(fields, project) : fields),
    },
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors are in plain form already; pino's own serializer would write messages and stacks out in full.
    serializers: { err: (value: unknown) => value },
  };
  const { onError } = options;
  if (options.destination !== undefined)
    return wrapLogger({ log: pino(settings, options.destination), onError, flush: () => {} });
  // A silent logger listens for no signals either.
  if (options.level === 'silent') return wrapLogger({ log: pino(settings), onError, flush: () => {} });
  const output = standardOutput();
  return wrapLogger({ log: pino(settings, output), onError, flush: () => output.flush() });
}

/** In which trace a line is written, where one is recorded. */
function traceFields(): LogFields {
  const trace = currentTrace();
  if (trace === undefined) return {};
  return { trace_id: trace.id, span_id: trace.current.id, trace_sampled: trace.sampled };
}

function cloudFields(fields: LogFields, project: string | undefined): Record<string, unknown> {
  const { trace_id: trace, span_id: span, trace_sampled: sampled, ...rest } = fields;
  if (typeof trace !== 'string') return rest;
  return {
    ...rest,
    'logging.googleapis.com/trace': project === undefined ? trace : `projects/${project}/traces/${trace}`,
    'logging.googleapis.com/spanId': span,
    'logging.googleapis.com/trace_sampled': sampled,
  };
}

type Level = Exclude<LogLevel, 'silent'>;

interface LoggerTarget {
  readonly log: pino.Logger;
  readonly onError: OnError | undefined;
  readonly flush: () => void;
}

function wrapLogger(to: LoggerTarget, bound: LogFields = {}): Logger {
  const { log, onError, flush } = to;
  const write = (level: Level) => (fields: LogFields, message: string) => {
    const tell = level === 'error' ? onError : undefined;
    const isWritten = log.isLevelEnabled(level);
    if (!isWritten && tell === undefined) return;
    const fit = { ...(fitForLog({ ...bound, ...fields }) as LogFields), ...traceFields() };
    const says = withoutSecretsInMessage(message);
    tell?.(fit, says);
    if (!isWritten) return;
    // The message goes as data, so that nothing in it is read as a format.
    log[level](fit, '%s', says);
    if (level === 'warn' || level === 'error') flush();
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    hears: (level) => log.isLevelEnabled(level),
    with: (fields) => wrapLogger(to, { ...bound, ...fields }),
  };
}
