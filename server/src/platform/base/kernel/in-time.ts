/**
 * The work's answer; when there is none within so many milliseconds, the error that `late` makes. The work goes on, and
 * its result is dropped.
 */
export async function inTime<T>(milliseconds: number, work: () => Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    // When this very process stood still, the answer may lie in the socket: it is read before the work is given up.
    timer = setTimeout(() => setImmediate(() => reject(late())), milliseconds);
    // A process that has nothing else to do does not wait for it.
    timer.unref();
  });
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for something, but only so many milliseconds. It does not say which of the two it was. */
export async function within(milliseconds: number, what: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((over) => {
    timer = setTimeout(over, milliseconds);
  });
  try {
    await Promise.race([what, late]);
  } finally {
    clearTimeout(timer);
  }
}
