import { execFileSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { endKept, startKept } from './keeper.ts';
import { freePort } from './ports.ts';
import { programsOnPath } from './programs.ts';

/** A Redis of a test's own, to be treated badly. */
export interface RedisServer {
  readonly version: string;
  readonly url: string;
  readonly port: number;
  /** Sends one command on a connection of its own: `command('config', 'set', 'maxmemory', '1')`. */
  command(...words: readonly string[]): Promise<unknown>;
  /** Stops it at once: connections stay, and no answer comes. */
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

/** Starts a Redis on a free loopback port that keeps nothing on disk. */
export async function startRedis(program: string, flags: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const words = [program, '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  let running = await startKept([...words, ...flags], { port });
  return {
    version: versionOf(program),
    url: `redis://127.0.0.1:${port}`,
    port,
    command: (...sent) => command(port, sent),
    pause: () => void process.kill(running.pid, 'SIGSTOP'),
    resume: () => void process.kill(running.pid, 'SIGCONT'),
    kill: () => endKept(running),
    async start() {
      running = await startKept([...words, ...flags], { port });
    },
    stop: () => endKept(running),
  };
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
