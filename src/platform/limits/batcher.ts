interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly row: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** How often this item was carried over because a row that it needs was locked. */
  carried: number;
}

/** The rows that flights of this process have or wait for, and how many flights: for batchers that lock the same rows. */
export type Traffic = Map<string, number>;

export interface BatcherOptions<Item, Answer> {
  /** Decides a batch; `undefined` in an item's place carries it over to the next batch. */
  readonly flush: (items: readonly Item[], wait: boolean) => Promise<readonly (Answer | undefined)[]>;
  readonly maxBatch: number;
  /** How many batches may be under way at once; one more may be, that waits for locked rows. */
  readonly flights: number;
  /** The row under whose lock an item is decided. */
  readonly rowOf?: (item: Item) => string;
  readonly traffic?: Traffic;
}

/** After this many carries an item waits for its locked row, so that nobody starves. */
const PATIENCE = 3;

/**
 * Group commit: while one batch is in flight the next one fills. There is no timer, so a lone caller waits for nobody,
 * and a crowd shares a commit. Items that wait for locked rows fly by themselves: nobody else waits with them.
 *
 * What another flight of this process has locked need not be tried: a crowd on one row has one flight under way and the
 * next one waiting in the database for that row, which it gets the moment the first one commits.
 */
export function createBatcher<Item, Answer>(options: BatcherOptions<Item, Answer>) {
  const { rowOf = () => '', traffic } = options;
  /** By row; the row that has waited longest first. */
  const queues = new Map<string, Waiting<Item, Answer>[]>();
  const patient: Waiting<Item, Answer>[] = [];
  let flying = 0;
  let isOneWaiting = false;
  let isScheduled = false;

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
    const rows = new Set(batch.map(({ row }) => row));
    for (const row of rows) traffic?.set(row, (traffic.get(row) ?? 0) + 1);
    const carried = await decide(batch, wait);
    for (const row of rows) leave(row);
    for (const waiting of carried.toReversed()) {
      if (waiting.carried >= PATIENCE) patient.unshift(waiting);
      else queueOf(waiting.row).unshift(waiting);
    }
    if (wait) isOneWaiting = false;
    else flying -= 1;
    launch();
  }

  function leave(row: string): void {
    const flights = (traffic?.get(row) ?? 1) - 1;
    if (flights === 0) traffic?.delete(row);
    else traffic?.set(row, flights);
  }

  function queueOf(row: string): Waiting<Item, Answer>[] {
    const known = queues.get(row);
    if (known !== undefined) return known;
    const queue: Waiting<Item, Answer>[] = [];
    queues.set(row, queue);
    return queue;
  }

  /** Takes what may go: of rows that nobody here holds; or to wait, of one that somebody does. */
  function nextBatch(wait: boolean): Waiting<Item, Answer>[] {
    const batch = wait ? patient.splice(0, options.maxBatch) : [];
    if (wait && batch.length > 0) return batch;
    for (const [row, queue] of queues) {
      if ((traffic?.has(row) ?? false) !== wait) continue;
      batch.push(...queue.splice(0, options.maxBatch - batch.length));
      if (queue.length === 0) queues.delete(row);
      if (wait || batch.length === options.maxBatch) break;
    }
    return batch;
  }

  function launch(): void {
    while (flying < options.flights) {
      const batch = nextBatch(false);
      if (batch.length === 0) break;
      flying += 1;
      void fly(batch, false);
    }
    if (isOneWaiting) return;
    const batch = nextBatch(true);
    if (batch.length === 0) return;
    isOneWaiting = true;
    void fly(batch, true);
  }

  return {
    /** Adds an item to the next batch; resolves with its answer, rejects with the error that nobody could decide it by. */
    add(item: Item): Promise<Answer> {
      return new Promise((resolve, reject) => {
        const row = rowOf(item);
        queueOf(row).push({ item, row, resolve, reject, carried: 0 });
        if (isScheduled || (flying >= options.flights && isOneWaiting)) return;
        isScheduled = true;
        // The next turn of the event loop, so that callers who arrive together share the first batch too.
        setImmediate(() => {
          isScheduled = false;
          launch();
        });
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
