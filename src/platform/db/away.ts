import { statfsSync } from 'node:fs';

/**
 * The database can't be used at all, said in a sentence for whoever runs the server. It names the setting and quotes no value:
 * messages of drivers may hold a URL with its password.
 */
export class DatabaseAway extends Error {
  /** The system's or PostgreSQL's own word for it, where there is one. */
  readonly code: string | undefined;
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'DatabaseAway';
    this.code = codeOf(cause);
  }
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
export function broken(dataDir: string | undefined, cause: unknown): DatabaseAway {
  if (dataDir === undefined) return new DatabaseAway('The embedded database has failed.', cause);
  const says = isFull(dataDir)
    ? `The disk of the embedded database, ${dataDir}, is full: free some space and start again.`
    : `The embedded database in ${dataDir} can not be opened or written (${codeOf(cause) ?? 'it broke off'}). Is the folder writable, and is there room?`;
  return new DatabaseAway(says, cause);
}

function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < FULL;
  } catch {
    return false;
  }
}

/** Of several addresses that were tried, the first failure tells. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
