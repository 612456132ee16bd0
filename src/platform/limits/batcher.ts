interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** How often this item was carried over because a row that it needs was locked. */
  carried: number;
}

export interface BatcherOptions<Item, Answer> {
  /** Decides a batch; `undefined` in an item's place carries it over to the next batch. */
  readonly flush: (items: readonly Item[], wait: boolean) => Promise<readonly (Answer | undefined)[]>;
  readonly maxBatch: number;
  /** How many batches may be under way at once. */
  readonly flights: number;
}

/** After this many carries a batch waits for locked rows, so that nobody starves. */
const PATIENCE = 3;

/**
 * Group commit: while one batch is in flight the next one fills. There is no timer, so a lone caller waits for nobody,
 * and a crowd shares a commit.
 */
export function createBatcher<Item, Answer>(options: BatcherOptions<Item, Answer>) {
  const queue: Waiting<Item, Answer>[] = [];
  let flying = 0;

  async function fly(batch: Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await options.flush(
        batch.map((waiting) => waiting.item),
        batch.some((waiting) => waiting.carried >= PATIENCE),
      );
      const carried: Waiting<Item, Answer>[] = [];
      batch.forEach((waiting, place) => {
        const answer = answers[place];
        if (answer === undefined) {
          waiting.carried += 1;
          carried.push(waiting);
        } else {
          waiting.resolve(answer);
        }
      });
      queue.unshift(...carried);
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    } finally {
      flying -= 1;
      launch();
    }
  }

  function launch(): void {
    while (flying < options.flights && queue.length > 0) {
      flying += 1;
      void fly(queue.splice(0, options.maxBatch));
    }
  }

  return {
    /** Adds an item to the next batch; resolves with its answer, rejects when the whole batch failed. */
    add(item: Item): Promise<Answer> {
      return new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject, carried: 0 });
        // The next turn of the event loop, so that callers who arrive together share the first batch too.
        if (flying < options.flights && queue.length === 1) setImmediate(launch);
      });
    },
  };
}
