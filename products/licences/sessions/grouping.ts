import { DatabaseAway, mayBeDone } from 'plinth/product';

/** Result for one of a group. */
export type Outcome<Answer> = { readonly answer: Answer } | { readonly error: unknown };

interface QueuedItem<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Has what is asked for one key done in groups of up to so many, in the order in which it came: one group of a key at a time, and while it is
 * under way the next one fills. There is no timer: a lone caller does not wait for others. Those of a group that the database has undone are tried
 * in halves, so that none fails with another.
 */
export function createGrouping<Key, Item, Answer>(
  most: number,
  decide: (key: Key, items: readonly Item[]) => Promise<readonly Outcome<Answer>[]>,
): (key: Key, item: Item) => Promise<Answer> {
  const queues = new Map<Key, QueuedItem<Item, Answer>[]>();

  async function decideAll(key: Key, group: readonly QueuedItem<Item, Answer>[]): Promise<void> {
    try {
      const outcomes = await decide(
        key,
        group.map(({ item }) => item),
      );
      for (const [place, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[place] ?? { error: new Error('nothing was decided of one of a group') };
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.answer);
      }
    } catch (error) {
      if (group.length > 1 && !(error instanceof DatabaseAway) && !mayBeDone(error)) {
        const half = Math.ceil(group.length / 2);
        await decideAll(key, group.slice(0, half));
        await decideAll(key, group.slice(half));
      } else for (const { reject } of group) reject(error);
    }
  }

  async function work(key: Key, queue: QueuedItem<Item, Answer>[]): Promise<void> {
    while (queue.length > 0) await decideAll(key, queue.splice(0, most));
    queues.delete(key);
  }

  return (key, item) =>
    new Promise((resolve, reject) => {
      const waiting = { item, resolve, reject };
      const queue = queues.get(key);
      if (queue !== undefined) {
        queue.push(waiting);
        return;
      }
      const own = [waiting];
      queues.set(key, own);
      void work(key, own);
    });
}
