/** Time and chance as the client sees them; passed in where they are to be driven. */
export interface Time {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits so many milliseconds; throws the signal's reason when that ends first. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** At least 0, less than 1. */
  random(): number;
}

/** This machine's. */
export const machineTime: Time = {
  now: () => Date.now(),
  wait: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const given = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', given);
        resolve();
      }, milliseconds);
      signal?.addEventListener('abort', given, { once: true });
    }),
  random: () => Math.random(),
};
