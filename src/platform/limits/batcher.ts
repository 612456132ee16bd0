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
  /** How many batches may be under way at once; one more may be, that waits for locked rows. */
  readonly flights: number;
}

/** After this many carries an item waits for its locked row, so that nobody starves. */
const PATIENCE = 3;

/**
 * Group commit: while one batch is in flight the next one fills. There is no timer, so a lone caller waits for nobody,
 * and a crowd shares a commit. Items that wait for locked rows fly by themselves: nobody else waits with them.
 */
export function createBatcher<Item, Answer>(options: BatcherOptions<Item, Answer>) {
  const queue: Waiting<Item, Answer>[] = [];
  const patient: Waiting<Item, Answer>[] = [];
  let flying = 0;
  let isOneWaiting = false;

  /** Answers a batch; what it could not answer is what it returns. Never throws. */
  async function decide(batch: Waiting<Item, Answer>[], wait: boolean): Promise<Waiting<Item, Answer>[]> {
    try {
      const answers = await options.flush(
        batch.map((waiting) => waiting.item),
        wait,
      );
      return batch.filter((waiting, place) => !answered(waiting, answers[place]));
    } catch (error) {
      if (batch.length > 1 && wasUndone(error)) {
        // One of them can't be decided, or met a deadlock: the others must not fail with it.
        const half = Math.ceil(batch.length / 2);
        return [...(await decide(batch.slice(0, half), wait)), ...(await decide(batch.slice(half), wait))];
      }
      for (const waiting of batch) waiting.reject(error);
      return [];
    }
  }

  async function fly(batch: Waiting<Item, Answer>[], wait: boolean): Promise<void> {
    const carried = await decide(batch, wait);
    queue.unshift(...carried.filter((waiting) => waiting.carried < PATIENCE));
    patient.push(...carried.filter((waiting) => waiting.carried >= PATIENCE));
    if (wait) isOneWaiting = false;
    else flying -= 1;
    launch();
  }

  function launch(): void {
    if (!isOneWaiting && patient.length > 0) {
      isOneWaiting = true;
      void fly(patient.splice(0, options.maxBatch), true);
    }
    while (flying < options.flights && queue.length > 0) {
      flying += 1;
      void fly(queue.splice(0, options.maxBatch), false);
    }
  }

  return {
    /** Adds an item to the next batch; resolves with its answer, rejects with the error that nobody could decide it by. */
    add(item: Item): Promise<Answer> {
      return new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject, carried: 0 });
        // The next turn of the event loop, so that callers who arrive together share the first batch too.
        if (flying < options.flights && queue.length === 1) setImmediate(launch);
      });
    },
  };
}

function answered<Item, Answer>(waiting: Waiting<Item, Answer>, answer: Answer | undefined): boolean {
  if (answer === undefined) waiting.carried += 1;
  else waiting.resolve(answer);
  return answer !== undefined;
}

/**
 * Whether the database itself refused (an SQL state, not a code of the network such as EPIPE), so that nothing was
 * committed. After a lost connection (class 08) or in a shutdown (57) nobody knows.
 */
function wasUndone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^(?!08|57|E)[0-9A-Z]{5}$/.test(code);
}
