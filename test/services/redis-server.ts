import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { Redis } from 'ioredis';
import { freePort } from './ports.ts';
import { programsOnPath } from './programs.ts';

/** A Redis of a test's own, to be treated badly. */
export interface RedisServer {
  readonly version: string;
  readonly url: string;
  readonly port: number;
  /** Sends one command on a connection of its own: `command('config', 'set', 'maxmemory', '1')`. */
  command(...words: readonly string[]): Promise<unknown>;
  /** Stops it in the middle of whatever it does: connections stay, and nobody answers. */
  pause(): void;
  resume(): void;
  /** Ends it at once, as by kill -9. */
  kill(): Promise<void>;
  /** Starts it anew, empty, on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Where the `redis-server` of PATH lies; undefined when there is none. */
export function redisProgram(): string | undefined {
  return programsOnPath('redis-server')[0];
}

/** The version that a `redis-server` says of itself: `7.0.15`. */
function versionOf(program: string): string {
  return /v=(\d+(?:\.\d+)*)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? '';
}

/**
 * Waits for the server and for the end of our standard input, as the keeper of PostgreSQL does. A server that a test has
 * stopped by a signal is ended by -9 alone.
 */
const KEEPER = `
exec 3<&0
"$@" 3<&- </dev/null >/dev/null 2>&1 &
server=$!
echo "$server"
( read -r _ <&3; kill -9 "$server" ) >/dev/null 2>&1 &
reader=$!
wait "$server"
kill "$reader" 2>/dev/null
`;

/** Starts a Redis on a free loopback port that keeps nothing on disk. */
export async function startRedis(program: string, flags: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const words = [program, '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  let running = await launch([...words, ...flags], port);
  return {
    version: versionOf(program),
    url: `redis://127.0.0.1:${port}`,
    port,
    command: (...sent) => command(port, sent),
    pause: () => void process.kill(running.pid, 'SIGSTOP'),
    resume: () => void process.kill(running.pid, 'SIGCONT'),
    kill: () => ended(running.keeper),
    async start() {
      running = await launch([...words, ...flags], port);
    },
    stop: () => ended(running.keeper),
  };
}

interface Running {
  readonly keeper: ChildProcess;
  readonly pid: number;
}

async function launch(words: readonly string[], port: number): Promise<Running> {
  const keeper = spawn('/bin/sh', ['-c', KEEPER, 'sh', ...words], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // A process group of its own: Ctrl-C must reach us first.
    detached: true,
    cwd: '/',
  });
  const pid = await new Promise<number>((resolve, reject) => {
    keeper.once('error', reject);
    keeper.stdout.once('data', (said: Buffer) => resolve(Number(said.toString())));
  });
  while (!(await isOpen(port))) if (keeper.exitCode !== null) throw new Error('redis-server did not start');
  keeper.unref();
  return { keeper, pid };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket
      .once('error', () => resolve(false))
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      });
  });
}

async function command(port: number, [name = '', ...words]: readonly string[]): Promise<unknown> {
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true });
  // What fails is told by the call.
  client.on('error', () => {});
  try {
    return await client.call(name, ...words);
  } finally {
    client.disconnect();
  }
}

async function ended(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.ref();
  const over = new Promise((resolve) => keeper.once('close', resolve));
  keeper.stdin?.end();
  await over;
}
