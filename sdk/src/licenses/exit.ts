import { Worker } from 'node:worker_threads';

/** A call that is made while the process ends, and waited for. */
export interface LastCall {
  readonly url: string;
  readonly body: string;
}

/** What a client does when the process ends. `calls` are made one after the other, as long as the server answers them. */
export interface AtExit {
  readonly calls: () => readonly LastCall[];
  /** How many of them the server has answered. */
  readonly done: (answered: number) => void;
  /** The end is held up for no longer. Milliseconds. */
  readonly within: number;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const waiting = new Set<AtExit>();

/**
 * Has a last call made when the process ends: by itself, by `process.exit`, by an uncaught error, and by SIGINT, SIGTERM and
 * SIGHUP where the program listens for them nowhere else (one that does ends in its own way). Answers how to take it back.
 */
export function atExit(one: AtExit): () => void {
  if (waiting.size === 0) {
    process.on('exit', endAll);
    for (const signal of SIGNALS) process.on(signal, endBy);
  }
  waiting.add(one);
  return () => {
    if (!waiting.delete(one) || waiting.size > 0) return;
    process.off('exit', endAll);
    for (const signal of SIGNALS) process.off(signal, endBy);
  };
}

function endAll(): void {
  for (const { calls, done, within } of waiting) {
    const last = calls();
    if (last.length > 0) done(callAndWait(last, within));
  }
  waiting.clear();
}

function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  // What the signal would have done without us: the exit status tells of it.
  process.off(signal, endBy);
  process.kill(process.pid, signal);
}

const CALLER = `
const { workerData: { calls, ended, longest } } = require('node:worker_threads');
const headers = { 'content-type': 'application/json' };
const signal = AbortSignal.timeout(longest);
async function callAll() {
  for (const { url, body } of calls) {
    const answer = await fetch(url, { method: 'POST', headers, body, signal });
    if (!answer.ok) return;
    Atomics.add(ended, 1, 1);
  }
}
callAll().catch(() => {}).finally(() => {
  Atomics.store(ended, 0, 1);
  Atomics.notify(ended, 0);
});
`;

/** Nothing asynchronous is done any more while a process ends: another thread calls, and this one stands still until then. */
function callAndWait(calls: readonly LastCall[], within: number): number {
  /** Whether it is through, and how many were answered. */
  const ended = new Int32Array(new SharedArrayBuffer(8));
  try {
    const caller = new Worker(CALLER, {
      eval: true,
      workerData: { calls, ended, longest: within },
      // Not what the program itself was started with: a loader, a debugger.
      execArgv: [],
    });
    caller.unref();
    Atomics.wait(ended, 0, 0, within);
  } catch {
    return 0;
  }
  return Atomics.load(ended, 1);
}

/** Keeps the process alive while it waits for this; timers of a licence alone don't. */
export async function heldOpen<T>(work: Promise<T>): Promise<T> {
  const hold = setInterval(() => {}, 2 ** 30);
  try {
    return await work;
  } finally {
    clearInterval(hold);
  }
}
