import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../server/src/main/build-files.ts';
import { QUICK } from './services/programs.ts';

export interface ProgramOptions {
  /** All that the program sees of an environment, beside PATH. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Flags for Node itself; `QUICK` when not said. */
  readonly flags?: readonly string[];
  /** Whose program it is; this checkout's when not said. */
  readonly root?: string;
  /** Another user, where this one may become it. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The real program, running as a process of its own. */
export interface Program {
  readonly pid: number;
  /** All that it has said so far, on both of its outputs. */
  said(): string;
  /** Waits for words; fails when the program ends first. */
  says(words: RegExp): Promise<RegExpExecArray>;
  /** Waits until it is ready, and answers where it is. */
  url(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<End>;
}

const running = new Set<ChildProcess>();
process.once('exit', endAll);

/** Ends every program that is still running: call it when the test file is through. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts `plinth <words>`, as a user would, on nothing but the given environment. */
export function startProgram(words: readonly string[], options: ProgramOptions): Program {
  return watchProgram(
    spawn(
      process.execPath,
      [...(options.flags ?? QUICK), join(options.root ?? ROOT, 'server/bin/plinth.js'), ...words],
      {
        cwd: options.cwd,
        // To the program we are the launcher of an older Node: when we are killed outright, its channel closes and it stops.
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: { PATH: process.env['PATH'], PLINTH_NODE_STARTED: String(process.pid), ...options.environment },
        ...options.user,
      },
    ),
  );
}

/** The same of a process that leads to the program. */
export function watchProgram(child: ChildProcess): Program {
  running.add(child);
  let text = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      text += data.toString();
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, 'close').then(([code, signal]: unknown[]): End => {
    running.delete(child);
    return { code: code as End['code'], signal: signal as End['signal'] };
  });
  const says = (expected: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const match = expected.exec(text);
        if (match !== null) resolve(match);
      };
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`it ended without saying ${expected}: ${text}`)));
    });
  return {
    pid: child.pid ?? 0,
    said: () => text,
    says,
    url: async () => (await says(/ at (http:\/\/[\d.]+:\d+)/))[1] ?? '',
    kill: (signal) => void child.kill(signal),
    ended,
  };
}
