import { AppError } from '#platform/kernel';

/** What is wrong, in a sentence for whoever asked. */
export class Wrong extends Error {}

/** The system's own word for a failure; messages of drivers may quote a URL with its password. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.cause === undefined ? error.name : codeOf(error.cause);
}

const POSTGRES_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing answers at the address of DATABASE_URL. Is PostgreSQL running?',
  ENOTFOUND: 'The host of DATABASE_URL is not known.',
  '28P01': 'The password in DATABASE_URL is not accepted.',
  '28000': 'The user in DATABASE_URL is not accepted.',
  '42P01': 'The database is not migrated: run "plinth migrate up" (start does it by itself).',
  '3D000': 'The database in DATABASE_URL does not exist. Create it.',
};

/** What is told of a failed look: our own sentence, or what the system's word for it means. */
export function reason(error: unknown): string {
  if (error instanceof AppError || error instanceof Wrong) return error.message;
  const code = codeOf(error);
  return POSTGRES_REASONS[code] ?? `It can not be used (${code}).`;
}
