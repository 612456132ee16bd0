import { Worker } from 'node:worker_threads';

/**
 * Ends this process for good after so many milliseconds, from a thread that nothing here can keep busy: its parent ends it
 * earlier, unless they are gone.
 */
export function endAfter(milliseconds: number): void {
  const ending = `setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${milliseconds})`;
  new Worker(ending, { eval: true }).unref();
}
