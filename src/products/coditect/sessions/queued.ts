/** Has work of one key done one after the other, in the order in which it came; that of different keys at once. */
export function queued<Key>(): <T>(key: Key, work: () => Promise<T>) => Promise<T> {
  const last = new Map<Key, Promise<unknown>>();
  return (key, work) => {
    const before = last.get(key);
    const mine = before === undefined ? work() : before.then(work, work);
    last.set(key, mine);
    const over = () => {
      if (last.get(key) === mine) last.delete(key);
    };
    mine.then(over, over);
    return mine;
  };
}
