import { type DestinationStream, pino } from 'pino';
import { standardOutput } from './output.ts';
import { fitForLog, withoutSecrets } from './redaction.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export type LogFields = Readonly<Record<string, unknown>>;

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
  /** Where the lines go; standard output when not said. */
  readonly destination?: DestinationStream | undefined;
}

/** JSON lines by pino. On standard output they leave together, at most 0.1 s late; warnings and errors at once, with all before them. */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { service: 'plinth' },
    formatters: { level: (level: string) => ({ level }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors are in plain form already; pino's own serializer would write messages and stacks out in full.
    serializers: { err: (value: unknown) => value },
  };
  if (options.destination !== undefined) return wrapped(pino(settings, options.destination), {}, () => {});
  // Whoever says nothing listens for no signals either.
  if (options.level === 'silent') return wrapped(pino(settings), {}, () => {});
  const output = standardOutput();
  return wrapped(pino(settings, output), {}, () => output.flush());
}

type Level = Exclude<LogLevel, 'silent'>;

function wrapped(log: pino.Logger, bound: LogFields, flush: () => void): Logger {
  const write = (level: Level) => (fields: LogFields, message: string) => {
    if (!log.isLevelEnabled(level)) return;
    const fit = fitForLog({ ...bound, ...fields });
    // The message goes as data, so that nothing in it is read as a format.
    log[level](fit, '%s', withoutSecrets(message));
    if (level === 'warn' || level === 'error') flush();
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    hears: (level) => log.isLevelEnabled(level),
    with: (fields) => wrapped(log, { ...bound, ...fields }, flush),
  };
}
