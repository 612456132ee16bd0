import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { type PostgresBinaries, unprivilegedUser } from './binaries.ts';
import { makeRunFolder, MEMORY, removeStaleFolders } from './folders.ts';
import { freePort } from './ports.ts';

export interface PostgresServer {
  readonly version: string;
  /** A superuser's connection to the database `postgres`; there is no password, only loopback is served. */
  readonly adminUrl: string;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  readonly binaries: PostgresBinaries;
  /** Whether a commit reaches the disk: on for measurements, off for tests, which throw the data away. */
  readonly durable?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

const ROOM_NEEDED = 2 * 1024 ** 3;

/**
 * Waits for the server and for the end of our standard input, whichever comes first. The pipe
 * closes however we end, kill -9 included, so the server and its data never outlive the run.
 */
const KEEPER = `
exec 3<&0
folder=$1; shift
"$@" 3<&- </dev/null &
server=$!
( read -r _ <&3; kill -QUIT "$server" ) >/dev/null 2>&1 &
reader=$!
wait "$server"; status=$?
kill "$reader" 2>/dev/null
rm -rf "$folder"
exit "$status"
`;

/** What a server is started from, once or again and again. */
export interface PostgresGround {
  /** Its data lies in there. */
  readonly folder: string;
  readonly port: number;
  /** A superuser's connection to the database `postgres`. */
  readonly adminUrl: string;
  /** The program and its flags. */
  readonly words: readonly string[];
}

/** Starts a PostgreSQL of our own on a free loopback port, with fresh data. Takes about 0.6 s. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { folder, words, adminUrl } = await preparePostgres(options);
  const keeper = startKeeper(folder, words);
  await untilReady(keeper);
  return { version: options.binaries.version, adminUrl, stop: () => stop(keeper) };
}

/** Makes fresh data, and chooses a free loopback port. */
export async function preparePostgres(options: PostgresOptions): Promise<PostgresGround> {
  await removeStaleFolders();
  const folder = await makeFolder(options.durable === true);
  const data = join(folder, 'data');
  try {
    await initialize(options.binaries, data);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const port = await freePort();
  return {
    folder,
    port,
    adminUrl: `postgres://postgres@127.0.0.1:${port}/postgres`,
    words: [join(options.binaries.folder, 'postgres'), '-D', data, ...flags(port, options)],
  };
}

function startKeeper(folder: string, program: readonly string[]): ChildProcess {
  return spawn('/bin/sh', ['-c', KEEPER, 'sh', folder, ...program], {
    stdio: ['pipe', 'ignore', 'pipe'],
    // A process group of its own: Ctrl-C must reach us first.
    detached: true,
    cwd: folder,
    env: cleanEnvironment(),
    ...unprivilegedUser(),
  });
}

function flags(port: number, options: PostgresOptions): string[] {
  const durable = options.durable === true;
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '400',
    log_min_messages: 'log',
    log_checkpoints: 'off',
    fsync: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
    synchronous_commit: durable ? 'on' : 'off',
    ...options.settings,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function initialize(binaries: PostgresBinaries, data: string): Promise<void> {
  // The same characters as everywhere, without depending on the system's locales where that is possible.
  const builtin = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const locale = Number.parseInt(binaries.version, 10) >= 17 ? builtin : ['--locale=C.UTF-8'];
  const rest = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-sync', '--no-instructions'];
  await promisify(execFile)(join(binaries.folder, 'initdb'), ['-D', data, ...locale, ...rest], {
    cwd: '/',
    env: cleanEnvironment(),
    ...unprivilegedUser(),
  });
}

/** PGPORT, PGDATA and their like in the user's environment must not steer a server of ours. A clock of `faketime` goes for it too. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { PATH, LD_PRELOAD, FAKETIME } = process.env;
  return { PATH, LD_PRELOAD, FAKETIME, TZ: 'UTC', LC_ALL: 'C.UTF-8' };
}

async function untilReady(keeper: ChildProcess): Promise<void> {
  const said: string[] = [];
  const { stderr } = keeper;
  if (stderr === null) throw new Error('postgres was started without a log');
  const lines = createInterface({ input: stderr });
  await new Promise<void>((resolve, reject) => {
    const fail = () => reject(new Error(`postgres did not start:\n${said.join('\n')}`));
    keeper.once('error', reject);
    keeper.once('close', fail);
    lines.on('line', (line) => {
      said.push(line);
      if (said.length > 50) said.shift();
      if (line.includes('ready to accept connections')) resolve();
    });
  });
  // From here on the log is read and dropped: a full pipe would stop the server.
  keeper.unref();
}

async function stop(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.ref();
  const ended = new Promise((resolve) => keeper.once('close', resolve));
  keeper.stdin?.end();
  await ended;
}

/** Data lies in memory where there is room for it; a measurement of commits needs the disk. */
async function makeFolder(onDisk: boolean): Promise<string> {
  const memory = await statfs(MEMORY).catch(() => undefined);
  const roomy = memory !== undefined && memory.bavail * memory.bsize > ROOM_NEEDED;
  for (const parent of roomy && !onDisk ? [MEMORY, tmpdir()] : [tmpdir()]) {
    const folder = await makeRunFolder(parent).catch(() => undefined);
    if (folder === undefined) continue;
    const user = unprivilegedUser();
    if (user !== undefined) await chown(folder, user.uid, user.gid);
    return folder;
  }
  throw new Error(`no temporary folder can be written: ${tmpdir()}`);
}
