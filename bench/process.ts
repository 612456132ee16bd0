import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const LAUNCHER = join(import.meta.dirname, '../server/bin/plinth.js');

/** What a production that is one machine asks for by name. */
export const ALONE = {
  NODE_ENV: 'production',
  MAIL_TRANSPORT: 'outbox',
  EMBEDDED_MASTER_KEY: 'true',
  SINGLE_DATABASE_LOGIN: 'true',
};

/** A running server, started as its user would. */
export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  /** Seconds of processor time that it has used so far; NaN where the system does not tell. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Starts the program with a verb and waits until it says that it is ready. */
export async function startProgram(
  verb: string,
  environment: Readonly<Record<string, string>>,
): Promise<RunningServer> {
  const child = spawn(process.execPath, [LAUNCHER, verb], {
    env: { ...process.env, ...ALONE, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const url = await readiness(child);
  return {
    url,
    pid: child.pid ?? Number.NaN,
    cpuSeconds: () => cpuSeconds(child.pid),
    async stop() {
      child.kill('SIGTERM');
      // One that has ended by itself ends no second time.
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      process.off('exit', end);
    },
  };
}

/** The address that it says it is ready at. */
export function readiness(child: ChildProcess): Promise<string> {
  return waitForOutput(child, 'stdout', /ready in .* at (http:\S+)/);
}

/**
 * What the pattern's group finds in the program's output. Leaves the output flowing afterwards: a program whose output is not read
 * stops sooner or later.
 */
export function waitForOutput(
  child: ChildProcess,
  stream: 'stdout' | 'stderr',
  pattern: RegExp,
): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    child[stream]?.on('data', (chunk) => {
      text = (text + String(chunk)).slice(-4_096);
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`the program ended before it was ready:\n${text}`)));
  });
}

/** Read from /proc: user and system time in ticks of 10 ms. */
export function cpuSeconds(pid: number | undefined): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, user = '', system = ''] = /\) (?:\S+ ){11}(\d+) (\d+)/.exec(stat) ?? [];
    return (Number(user) + Number(system)) / 100;
  } catch {
    return Number.NaN;
  }
}
