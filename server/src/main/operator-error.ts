import { ConfigError } from '#platform/config';
import { DatabaseAway } from '#platform/db';
import { AppError } from '#platform/kernel';

/** An error whose message is a sentence for the operator. */
export class OperatorError extends Error {}

/** The system's own word for a failure; messages of drivers may quote a URL with its password. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.cause === undefined ? error.name : codeOf(error.cause);
}

/** Errors of PostgreSQL and the system that operators can do something about. */
const REASONS: Readonly<Record<string, string>> = {
  '42P01': 'The database is not migrated: run "plinth migrate up" (start does it by itself).',
  '3F000': 'The database is not migrated: run "plinth migrate up" (start does it by itself).',
  '42501': 'The login to the database may not do this (42501): see docs/keys.md for what each login needs.',
  '25006': 'The database takes no writes (25006): it is a standby, or set to read only.',
  '53100': 'The disk of the database is full (53100): free some space and start again.',
  '53200': 'The database is out of memory (53200).',
  '53300': 'The database has no connection left (53300).',
  '57P01': 'The database was stopped (57P01). Try again.',
  ENOSPC: 'The disk is full (ENOSPC): free some space and start again.',
  EDQUOT: 'The disk quota is used up (EDQUOT): free some space and start again.',
};

/** The sentence for a foreseen failure; undefined: it is a defect. */
export function sentenceOf(error: unknown): string | undefined {
  if (error instanceof ConfigError)
    return `The settings are not right:\n${error.problems.map((line) => `  ${line}`).join('\n')}`;
  if (error instanceof AppError || error instanceof OperatorError || error instanceof DatabaseAway)
    return error.message;
  const code = codeOf(error);
  if (REASONS[code] !== undefined) return REASONS[code];
  const { path } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof path === 'string' ? `${path} can not be used (${code}).` : undefined;
}

/** The reason of a failed look: our own sentence, or the meaning of the system's word. */
export function reason(error: unknown): string {
  return sentenceOf(error) ?? `It can not be used (${codeOf(error)}).`;
}
