import { execFileSync } from 'node:child_process';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unprivilegedUser } from './binaries.ts';
import { makeRunFolder } from './folders.ts';
import { endKept, startKept } from './keeper.ts';
import { freePort } from './ports.ts';
import { programsIn, programsOnPath } from './programs.ts';

/** A PgBouncer in transaction mode, in front of a PostgreSQL. */
export interface PgBouncer {
  readonly version: string;
  readonly port: number;
  /** Whether it carries named statements from one transaction to the next: else a setting turns them off. */
  readonly isNamed: boolean;
  /** Ends it at once, as by kill -9: its clients' connections and its own break. */
  kill(): Promise<void>;
  /** Starts it anew on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface PgBouncerTarget {
  readonly url: string;
  readonly login: string;
  /** Lines of `[databases]` that are read before the one for all others. */
  readonly databases?: readonly string[];
  /** Seconds after which a server that refused a login is asked again; its own default is 15. */
  readonly loginRetry?: number;
}

/** From this version on. */
const NAMED_SINCE = [1, 21] as const;

/** Where the `pgbouncer` of PATH lies, or of Debian, whose users don't have its folder on PATH; undefined when there is none. */
export function pgbouncerProgram(): string | undefined {
  return [...programsOnPath('pgbouncer'), ...programsIn(['/usr/sbin'], 'pgbouncer')][0];
}

/**
 * Starts one on a free loopback port, in front of the server of a URL. It asks the server by one login which others there
 * are; none has a password. Each has so few connections to a database that they change hands.
 */
export async function startPgBouncer(program: string, target: PgBouncerTarget): Promise<PgBouncer> {
  const version = versionOf(program);
  const isNamed = carriesNamed(version);
  const folder = await makeRunFolder(tmpdir());
  const port = await freePort();
  const { hostname, port: targetPort } = new URL(target.url);
  const settings = join(folder, 'pgbouncer.ini');
  await writeFile(join(folder, 'users.txt'), `"${target.login}" ""\n`);
  await writeFile(settings, settingsOf({ ...target, host: hostname, targetPort, port, folder, isNamed }));
  // It does not run as root, and `nobody` must be able to read these.
  await chmod(folder, 0o755);
  const run = () => startKept([program, settings], { port, user: unprivilegedUser() });
  let kept = await run();
  return {
    version,
    port,
    isNamed,
    kill: () => endKept(kept),
    async start() {
      kept = await run();
    },
    async stop() {
      await endKept(kept);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function carriesNamed(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > NAMED_SINCE[0] || (major === NAMED_SINCE[0] && minor >= NAMED_SINCE[1]);
}

function versionOf(program: string): string {
  return (
    /PgBouncer (\d+(?:\.\d+)*)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? ''
  );
}

interface Places extends Omit<PgBouncerTarget, 'url'> {
  readonly host: string;
  readonly targetPort: string;
  readonly port: number;
  readonly folder: string;
  readonly isNamed: boolean;
}

function settingsOf(places: Places): string {
  const { host, targetPort, port, folder, isNamed, login, databases = [], loginRetry } = places;
  return `[databases]
${databases.map((line) => `${line}\n`).join('')}* = host=${host} port=${targetPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users.txt')}
auth_user = ${login}
auth_query = select usename::text, '' from pg_catalog.pg_user where usename = $1
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
server_round_robin = 1
${loginRetry === undefined ? '' : `server_login_retry = ${loginRetry}\n`}${isNamed ? 'max_prepared_statements = 200\n' : ''}`;
}
