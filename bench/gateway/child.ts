import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A forked part of the bench: it ends with its parent, however that ends. */
export interface Child {
  readonly pid: number;
  /** What it said first. */
  readonly said: unknown;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly words?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

/** Forks a file of this folder and waits for its first message. */
export async function startChild(
  file: string,
  { words = [], environment = {} }: ChildOptions = {},
): Promise<Child> {
  const child = fork(join(import.meta.dirname, file), words, {
    stdio: ['ignore', 'ignore', 2, 'ipc'],
    env: { ...process.env, ...environment },
  });
  const ended = once(child, 'exit');
  const said = await Promise.race([
    once(child, 'message').then(([message]: unknown[]) => message),
    ended.then(([code]) => {
      throw new Error(`${file} ended with ${String(code)} before it was ready`);
    }),
  ]);
  return {
    pid: child.pid ?? Number.NaN,
    said,
    process: child,
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** For a file that was forked: what is on its port of the loopback, until the parent is gone. */
export async function serveAsChild(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endWithParent();
  process.send?.((server.address() as AddressInfo).port);
}

export function endWithParent(): void {
  process.once('disconnect', () => process.exit(0));
}
