import { hasCode } from '#platform/kernel';
import { writeSync } from 'node:fs';

/** Log lines on their way out. */
export interface Output {
  write(line: string): void;
  /** Hands over what has waited so far. */
  flush(): void;
}

/** So long, in milliseconds, may a line wait for others: what a kill -9 loses at most. */
const DELAY = 100;
/** So many characters do not wait. */
const BATCH = 16_384;
/** Milliseconds until a reader that is slower than we are is tried again. */
const BUSY = 5;
/** Signals that end a process that does not listen for them, without the event `exit`. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

let shared: Output | undefined;

/** The output of this process: all its loggers share it, or lines would come out of order. */
export function standardOutput(): Output {
  shared ??= endingWithProcess(batches(process.stdout.fd));
  return shared;
}

/**
 * Lines leave together: a call to the system for each of them was 14 % of a gateway call's processor time. The call itself is
 * waited for, so that no line is lost in between, and a reader who is too slow slows us in place of filling our memory.
 */
export function batches(fd: number): Output {
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const bytes = Buffer.from(waiting);
    waiting = '';
    writeAll(fd, bytes);
  }

  return {
    write(line) {
      waiting += line;
      if (waiting.length >= BATCH) flush();
      else timer ??= setTimeout(flush, DELAY).unref();
    },
    flush,
  };
}

/** A reader who has gone is no reason to end, nor is a disk that is full: the lines are lost, as they are on a screen that is off. */
function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      if (!hasCode(error, 'EAGAIN')) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY);
    }
  }
}

/** However a process ends, its last lines are out before; but for kill -9, and a crash of Node itself. */
function endingWithProcess(output: Output): Output {
  process.once('exit', () => output.flush());
  for (const signal of SIGNALS) {
    const onSignal = () => {
      output.flush();
      // Other listeners decide what the signal means. Without any it ends the process, as it does without us.
      if (process.listenerCount(signal) > 1) return;
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
  return output;
}
