import { type Database, DatabaseAway, mayBeDone } from '#platform/db';
import { runForEverybody } from '#platform/kernel';
import { currentTrace, runForAll, type Span } from '#platform/telemetry';

interface QueuedItem<Item, Answer> {
  readonly item: Item;
  /** Under which its caller waits, where that is recorded. */
  readonly span: Span | undefined;
  readonly row: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** How often this item was deferred because a row that it needs was locked. */
  deferrals: number;
}

/** The rows that batches in flight of this process hold or wait for: for batchers that lock the same rows. */
export class BusyRows {
  readonly #batches = new Map<string, number>();
  readonly #listeners: (() => void)[] = [];

  /** How many batches in flight hold the row or wait for it. */
  countOn(row: string): number {
    return this.#batches.get(row) ?? 0;
  }

  add(rows: ReadonlySet<string>): void {
    for (const row of rows) this.#batches.set(row, this.countOn(row) + 1);
  }

  remove(rows: ReadonlySet<string>): void {
    for (const row of rows) {
      const batches = this.countOn(row) - 1;
      if (batches === 0) this.#batches.delete(row);
      else this.#batches.set(row, batches);
    }
  }

  /** Calls `listener` after each completed batch of any batcher: another one may be waiting for a row of it. */
  onComplete(listener: () => void): void {
    this.#listeners.push(listener);
  }

  notifyComplete(): void {
    for (const listener of this.#listeners) listener();
  }
}

export interface BatcherOptions<Item, Answer> {
  /** Name of its batches in traces; `batch` when not said. */
  readonly name?: string;
  /** Decides a batch; an item whose answer is `undefined` is deferred to the next batch. */
  readonly flush: (items: readonly Item[], wait: boolean) => Promise<readonly (Answer | undefined)[]>;
  readonly maxBatch: number;
  /** How many batches may be in flight at once; one more may be, when one waits for locked rows. */
  readonly maxInFlight: number;
  /** How many items must be queued before another batch is dispatched beside one that is in flight and not late; 1 by default. */
  readonly minQueuedBeside?: number;
  /**
   * Milliseconds after which a batch in flight is late; never by default. It may wait for a row of a process that hangs: it no longer
   * counts, so that items that need none of its rows do not wait for it.
   */
  readonly lateAfter?: number;
  /** The row under whose lock an item is decided. */
  readonly rowOf?: (item: Item) => string;
  readonly busyRows?: BusyRows;
}

/** After so many deferrals an item waits for its locked row, so that no item starves. */
const MAX_DEFERRALS = 3;

/** How many batches may be in flight, and when one is late. PGlite has one connection. */
export const inFlightOptions = ({ engine }: Pick<Database, 'engine'>) =>
  engine === 'pglite' ? { maxInFlight: 1 } : { maxInFlight: 2, lateAfter: 250 };

/**
 * The options of admissions and settlements. A transaction of few items costs the database nearly as much as one of many: while one is in
 * flight, the next is worth its cost once half a batch is queued (docs/decisions/0111).
 */
export const batchOptions = (db: Pick<Database, 'engine'>) => ({
  ...inFlightOptions(db),
  maxBatch: 100,
  minQueuedBeside: 50,
});

/** Late batches that do not count. Each has a connection, and the late batches of all batchers must leave some of a process's ten. */
const MAX_LATE = 2;

/** One batch holds a row and one waits for it; the next is dispatched when the waiting one has the row. */
const MAX_WAITING = 2;

/**
 * Group commit: while one batch is in flight, the next one fills. A single caller waits for no other caller and for no timer; many
 * callers share a commit. Items that wait for locked rows are dispatched in a batch of their own, so that no other item waits with them.
 *
 * A row that another batch of this process has locked is not tried: one batch holds the row, and the next one waits for it in the database
 * and gets it as soon as the first one commits. So the row is never idle while this process hands out answers and makes up the next batch.
 */
export function createBatcher<Item, Answer>(options: BatcherOptions<Item, Answer>) {
  const { name = 'batch', rowOf = () => '', busyRows, minQueuedBeside = 1, lateAfter = Infinity } = options;
  /** By row; the row that has waited longest first. */
  const queues = new Map<string, QueuedItem<Item, Answer>[]>();
  /** Items that were deferred too often: they wait for their locked rows. */
  const deferred: QueuedItem<Item, Answer>[] = [];
  let queued = 0;
  /** When the batches in flight that wait for no row were dispatched; the oldest first. By the clock that never jumps. */
  const dispatched: number[] = [];
  /** Batches in flight that wait for a row. */
  let waiting = 0;
  let isDeferredInFlight = false;
  let isScheduled = false;
  let lateTimer: NodeJS.Timeout | undefined;

  /** Answers a batch; returns the items that got no answer. Never throws. */
  async function decide(
    batch: QueuedItem<Item, Answer>[],
    wait: boolean,
  ): Promise<QueuedItem<Item, Answer>[]> {
    try {
      const items = batch.map(({ item }) => item);
      const answers = await runForEverybody(() => runForAll(name, batch, () => options.flush(items, wait)));
      return batch.filter((one, index) => !resolveItem(one, answers[index]));
    } catch (error) {
      if (batch.length > 1 && wasUndone(error)) {
        // One of them can't be decided, or met a deadlock: the others must not fail with it.
        const half = Math.ceil(batch.length / 2);
        return [...(await decide(batch.slice(0, half), wait)), ...(await decide(batch.slice(half), wait))];
      }
      for (const one of batch) one.reject(error);
      return [];
    }
  }

  async function dispatch(batch: QueuedItem<Item, Answer>[], wait: boolean): Promise<void> {
    const rows = new Set(batch.map(({ row }) => row));
    busyRows?.add(rows);
    const unanswered = await decide(batch, wait);
    busyRows?.remove(rows);
    for (const one of unanswered.toReversed()) {
      if (one.deferrals >= MAX_DEFERRALS) {
        deferred.unshift(one);
      } else {
        queueOf(one.row).unshift(one);
        queued += 1;
      }
    }
    if (wait) waiting -= 1;
  }

  function queueOf(row: string): QueuedItem<Item, Answer>[] {
    const present = queues.get(row);
    if (present !== undefined) return present;
    const queue: QueuedItem<Item, Answer>[] = [];
    queues.set(row, queue);
    return queue;
  }

  /** Takes the items of rows that no batch here holds; or, to wait for it, of one row that a single batch holds. */
  function nextBatch(ahead: 0 | 1): QueuedItem<Item, Answer>[] {
    const batch: QueuedItem<Item, Answer>[] = [];
    for (const [row, queue] of queues) {
      if ((busyRows?.countOn(row) ?? 0) !== ahead) continue;
      batch.push(...queue.splice(0, options.maxBatch - batch.length));
      if (queue.length === 0) queues.delete(row);
      if (ahead === 1 || batch.length === options.maxBatch) break;
    }
    queued -= batch.length;
    return batch;
  }

  /** When the batches in flight that are not late were dispatched. */
  function onTime(): readonly number[] {
    const since = performance.now() - lateAfter;
    return dispatched.length === 0 ? dispatched : dispatched.filter((at) => at > since);
  }

  function hasCapacity(): boolean {
    const inFlight = dispatched.length + waiting;
    return onTime().length + waiting <= options.maxInFlight && inFlight < options.maxInFlight + MAX_LATE;
  }

  function notifyComplete(): void {
    if (busyRows === undefined) dispatchAll();
    else busyRows.notifyComplete();
  }

  /** Whether another batch may be dispatched and is worth its cost. If not, this is asked again when a batch completes or is late. */
  function mayDispatch(): boolean {
    const [oldest, ...others] = onTime();
    const isWorthIt =
      oldest === undefined || (queued >= minQueuedBeside && others.length + 1 < options.maxInFlight);
    if (isWorthIt && hasCapacity()) return true;
    if (queued > 0 && oldest !== undefined && Number.isFinite(lateAfter))
      lateTimer ??= setTimeout(
        () => {
          lateTimer = undefined;
          dispatchAll();
        },
        oldest + lateAfter - performance.now(),
      );
    return false;
  }

  function dispatchAll(): void {
    while (mayDispatch()) {
      const batch = nextBatch(0);
      if (batch.length === 0) break;
      const now = performance.now();
      dispatched.push(now);
      void dispatch(batch, false).then(() => {
        dispatched.splice(dispatched.indexOf(now), 1);
        notifyComplete();
      });
    }
    if (deferred.length > 0 && !isDeferredInFlight && waiting < MAX_WAITING && hasCapacity()) {
      isDeferredInFlight = true;
      waiting += 1;
      void dispatch(deferred.splice(0, options.maxBatch), true).then(() => {
        isDeferredInFlight = false;
        notifyComplete();
      });
    }
    while (waiting < MAX_WAITING && hasCapacity()) {
      const batch = nextBatch(1);
      if (batch.length === 0) return;
      waiting += 1;
      void dispatch(batch, true).then(notifyComplete);
    }
  }

  busyRows?.onComplete(dispatchAll);
  return {
    /** Adds an item to the next batch; resolves with its answer, or rejects with the error of the batch. */
    add(item: Item): Promise<Answer> {
      return new Promise((resolve, reject) => {
        const row = rowOf(item);
        queueOf(row).push({ item, span: currentTrace()?.current, row, resolve, reject, deferrals: 0 });
        queued += 1;
        if (isScheduled) return;
        isScheduled = true;
        // The next turn of the event loop, so that callers who arrive together share the first batch too.
        setImmediate(() => {
          isScheduled = false;
          dispatchAll();
        });
      });
    },
  };
}

function resolveItem<Item, Answer>(queued: QueuedItem<Item, Answer>, answer: Answer | undefined): boolean {
  if (answer === undefined) queued.deferrals += 1;
  else queued.resolve(answer);
  return answer !== undefined;
}

/** Whether the database itself refused, so that nothing was committed. A database that is away refuses half a batch as it refuses the whole. */
function wasUndone(error: unknown): boolean {
  return !(error instanceof DatabaseAway) && !mayBeDone(error);
}
