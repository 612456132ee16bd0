/** The last that was done to each part. */
const last = new WeakMap<object, Promise<unknown>>();

/**
 * Does one thing to a part after the other, in the order in which they were asked for: one that is stopped by one trouble and
 * started by another would stay stopped.
 */
export function inTurn<T>(part: object, work: () => Promise<T>): Promise<T> {
  const before = last.get(part) ?? Promise.resolve();
  const mine = before.then(work, work);
  last.set(part, mine);
  return mine;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((go) => setTimeout(() => go(), milliseconds));
}
