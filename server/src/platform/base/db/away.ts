import { statfsSync } from 'node:fs';

/**
 * The database can't be used at all, said in a sentence for the operator. It names the setting and quotes no value:
 * messages of drivers may hold a URL with its password.
 */
export class DatabaseAway extends Error {
  /** The system's or PostgreSQL's own word for it, where there is one. */
  readonly code: string | undefined;
  /** Whether what was asked for may have been done all the same: its answer was lost. False: it never arrived, or was undone. */
  readonly mayBeDone: boolean;
  constructor(message: string, cause: unknown, isDoubtful = false) {
    super(message, { cause });
    this.name = 'DatabaseAway';
    this.code = codeOf(cause);
    this.mayBeDone = isDoubtful;
  }
}

/** Whether what failed so may have been done all the same: its caller may be told the same again, and must not do it another way. */
export function mayBeDone(error: unknown): boolean {
  if (error instanceof DatabaseAway) return error.mayBeDone;
  const code = codeOf(error);
  // An SQL state of the database itself says that the transaction was undone; class 57 comes from the administrator or process that ended it, perhaps too late.
  return code === undefined || !/^(?!08|57|E)[0-9A-Z]{5}$/.test(code);
}

/**
 * Codes of PostgreSQL and PgBouncer when they can serve no client for now. Classes 08 (connections; PgBouncer has 08P01 for
 * all that it says of itself: a server that crashed, a wait that took too long) and 53 (no connection, memory or disk left);
 * 57P01 to 57P05: ended by an operator, a crash or a time-out, or starting up. 58030: its files can't be read or written.
 */
const AWAY = /^(?:08|53)[0-9A-Z]{3}$|^57P0[1-5]$|^58030$/;
/** After these errors the database has undone what it was doing. */
const UNDONE = /^53/;
/** A row that another transaction has for too long, a statement that takes too long: PostgreSQL has undone it. The connection is sound. */
const TOO_LATE = /^(?:55P03|57014)$/;
/** A statement that took too long. */
export const QUERY_CANCELED = '57014';
/** A write to a standby, as after a failover that this connection has outlived. */
const READ_ONLY = '25006';

/**
 * An error of a statement as its callers are to see it: one of a connection that broke, or of a server that can't go on, is
 * `DatabaseAway`. `commits`: whether its commit was asked for already; before that, a lost connection undoes a transaction.
 */
export function failureOf(
  setting: string,
  cause: unknown,
  asked: { readonly write: boolean; readonly commits: boolean },
): unknown {
  if (cause instanceof DatabaseAway) return cause;
  const code = codeOf(cause);
  if (code === READ_ONLY && asked.write)
    return new DatabaseAway(`The server of ${setting} takes no writes (${code}): it is a standby.`, cause);
  if (code !== undefined && TOO_LATE.test(code))
    return new DatabaseAway(`A statement did not end in time on the server of ${setting} (${code}).`, cause);
  // Errors of the server and of sockets have a code, Node's own too: ERR_STREAM_DESTROYED, ERR_SOCKET_CLOSED. Those of the
  // driver, which all mean a connection that ended, have none.
  const isSql = code !== undefined && /^(?!E[A-Z]{4}$)[0-9A-Z]{5}$/.test(code);
  const isAway = isSql
    ? AWAY.test(code) || isFatal(cause)
    : code === undefined
      ? isLost(cause)
      : /^E(?!RR_(?!STREAM|SOCKET))[A-Z0-9_]+$/.test(code);
  if (!isAway) return cause;
  const why = code === undefined ? '' : ` (${code})`;
  const undone = code !== undefined && UNDONE.test(code);
  return new DatabaseAway(
    `The connection to the server of ${setting} was lost${why}.`,
    cause,
    asked.write && asked.commits && !undone,
  );
}

function isFatal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'severity' in error && error.severity === 'FATAL';
}

function isLost(error: unknown): boolean {
  return (
    error instanceof Error &&
    /connection|not queryable|closed|unexpected .* from backend/i.test(error.message)
  );
}

const REASONS: Readonly<Record<string, (setting: string) => string>> = {
  ECONNREFUSED: (setting) => `Nothing answers at the address of ${setting}. Is PostgreSQL running?`,
  ENOENT: (setting) => `The socket or a certificate that ${setting} names does not exist.`,
  ENOTFOUND: (setting) => `The host of ${setting} is not known.`,
  EAI_AGAIN: (setting) => `The host of ${setting} is not known, or no name server answers.`,
  '28P01': (setting) => `The password in ${setting} is not accepted.`,
  // PostgreSQL has one code for all of these, and tells them apart in words alone.
  '28000': (setting) =>
    `The login of ${setting} is not accepted: its user is not known or may not log in from here, or the server wants TLS (then add ?sslmode=require).`,
  '3D000': (setting) => `The database in ${setting} does not exist. Create it.`,
  '42501': (setting) => `The user in ${setting} may not connect to the database (it lacks CONNECT).`,
  '53300': (setting) => `The server of ${setting} has no connection left (max_connections).`,
  '57P03': (setting) => `The server of ${setting} is starting up or shutting down. Try again.`,
};

const TLS = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;

/** Error codes of a database that can't be reached: not there yet, cut off, full, or starting up. */
const PASSES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  // A name or a socket that comes with its server.
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  // A standby that is about to become the primary.
  READ_ONLY,
]);
/** Faults that PgBouncer names in words alone (08P01), and drivers of their own settings: no waiting helps. */
const STAYS = /no such (?:user|database)|password|authentication|SSL|TLS/i;

/** Whether waiting may help: a database that comes, and not one that refuses its settings. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof DatabaseAway)) return false;
  const { code, cause } = error;
  if (cause instanceof Error && STAYS.test(cause.message)) return false;
  return code === undefined || PASSES.has(code) || AWAY.test(code);
}

/** Why no connection came about by the URL of a setting. */
export function unreachable(setting: string, url: string, cause: unknown): DatabaseAway {
  return new DatabaseAway(reasonOf(setting, url, cause), cause);
}

function reasonOf(setting: string, url: string, cause: unknown): string {
  const code = codeOf(cause);
  const known = code === undefined ? undefined : REASONS[code];
  if (known !== undefined) return known(setting);
  if (code !== undefined && TLS.test(code))
    return `The certificate of the server of ${setting} is not accepted (${code}). Give its authority by sslrootcert.`;
  if (code !== undefined) return `The server of ${setting} can not be reached (${code}).`;
  // The driver has no codes for what follows; the URL says what it can have been.
  const { password, searchParams } = URL.canParse(url)
    ? new URL(url)
    : { password: '', searchParams: undefined };
  const wantsTls = /^(require|verify-ca|verify-full|no-verify)$/.test(searchParams?.get('sslmode') ?? '');
  const hints = [
    ...(wantsTls ? ['does it speak TLS, which sslmode asks for?'] : []),
    ...(password === '' ? ['does it want a password, of which there is none?'] : []),
  ];
  const hint = hints.length === 0 ? '' : ` Or ${hints.join(' Or ')}`;
  return `The server of ${setting} gives no connection. Is it PostgreSQL, and does it answer within 10 s?${hint}`;
}

/** A folder with less than this left holds no further segment of the log (16 MB) and what is written beside it. */
const FULL = 32 * 1_024 * 1_024;

/** Why the embedded database can't go on: its own failures tell nothing (`Aborted()`), the disk does. */
export function broken(dataDir: string | undefined, cause: unknown, isDoubtful = false): DatabaseAway {
  if (dataDir === undefined) return new DatabaseAway('The embedded database has failed.', cause, isDoubtful);
  const says = isFull(dataDir)
    ? `The disk of the embedded database, ${dataDir}, is full: free some space.`
    : codeOf(cause) === QUERY_CANCELED
      ? `A statement did not end in time on the embedded database in ${dataDir} (${QUERY_CANCELED}).`
      : `The embedded database in ${dataDir} can not be opened or written (${codeOf(cause) ?? 'it broke off'}). Is the folder writable, and is there room?`;
  return new DatabaseAway(says, cause, isDoubtful);
}

/** Whether an SQL state of the embedded database says that it can't go on for now. */
export function saysAway(code: string | undefined): boolean {
  return code !== undefined && AWAY.test(code);
}

export function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < FULL;
  } catch {
    return false;
  }
}

/** Where several addresses were tried, the first failure's code. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
