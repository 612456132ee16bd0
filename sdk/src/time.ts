/** Time and chance as the client sees them; passed in where they are to be driven. */
export interface Time {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits so many milliseconds; throws the signal's reason when that ends first. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** At least 0, less than 1. */
  random(): number;
}

/** Waits by this machine's timers. `begun` gets the timer, for a caller that must not be kept alive by it. */
export function waitByTimer(
  milliseconds: number,
  signal: AbortSignal | undefined,
  begun: (timer: ReturnType<typeof setTimeout>) => void = () => {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    begun(timer);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** This machine's. */
export const machineTime: Time = {
  now: () => Date.now(),
  wait: waitByTimer,
  random: () => Math.random(),
};
