import { type Database, DatabaseAway, mayBeDone } from '#platform/db';

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly row: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** How often this item was carried over because a row that it needs was locked. */
  carried: number;
}

/** The rows that flights of this process have or wait for: for batchers that lock the same rows. */
export class Traffic {
  readonly #flights = new Map<string, number>();
  readonly #launches: (() => void)[] = [];

  /** How many flights have the row or wait for it. */
  on(row: string): number {
    return this.#flights.get(row) ?? 0;
  }

  enter(rows: ReadonlySet<string>): void {
    for (const row of rows) this.#flights.set(row, this.on(row) + 1);
  }

  leave(rows: ReadonlySet<string>): void {
    for (const row of rows) {
      const flights = this.on(row) - 1;
      if (flights === 0) this.#flights.delete(row);
      else this.#flights.set(row, flights);
    }
  }

  /** Calls `launch` after each landing of whichever batcher: the row that it left may be what another one waits for. */
  join(launch: () => void): void {
    this.#launches.push(launch);
  }

  landed(): void {
    for (const launch of this.#launches) launch();
  }
}

export interface BatcherOptions<Item, Answer> {
  /** Decides a batch; `undefined` in an item's place carries it over to the next batch. */
  readonly flush: (items: readonly Item[], wait: boolean) => Promise<readonly (Answer | undefined)[]>;
  readonly maxBatch: number;
  /** How many batches may be under way at once; one more may be, when one waits for locked rows. */
  readonly flights: number;
  /** How many must be waiting before another takes off beside one that is under way and is not late; 1 when not said. */
  readonly enoughForAnother?: number;
  /**
   * Milliseconds after which a flight is late; never when not said. It may wait for a row of a process that hangs: it does not count any more,
   * so that nobody waits with it who needs none of its rows.
   */
  readonly lateAfter?: number;
  /** The row under whose lock an item is decided. */
  readonly rowOf?: (item: Item) => string;
  readonly traffic?: Traffic;
}

/** After this many carries an item waits for its locked row, so that nobody starves. */
const PATIENCE = 3;

/** How many batches may be under way, and when one is late. PGlite has one connection. */
export const flightsOn = ({ engine }: Pick<Database, 'engine'>) =>
  engine === 'pglite' ? { flights: 1 } : { flights: 2, lateAfter: 250 };

/**
 * Of admissions and settlements: a transaction of few costs the database nearly as much as one of many, so while one is under way the next
 * is worth its cost where half a batch waits for it (docs/decisions/0111).
 */
export const batchesOn = (db: Pick<Database, 'engine'>) => ({
  ...flightsOn(db),
  maxBatch: 100,
  enoughForAnother: 50,
});

/** Late flights that do not count. Each has a connection, and those of all batchers must leave some of a process's ten. */
const MOST_LATE = 2;

/** Of a row, one flight has it and one waits for it: what waits is sent when the one before has become the one that has it. */
const IN_LINE = 2;

/**
 * Group commit: while one batch is in flight the next one fills. A lone caller waits for nobody and for no timer, and a crowd shares a
 * commit. Items that wait for locked rows fly by themselves: nobody else waits with them.
 *
 * What another flight of this process has locked need not be tried: a crowd on one row has one flight under way and the
 * next one waiting in the database for that row, which it gets the moment the first one commits. The row is never idle for
 * as long as this process needs to hand out one batch's answers and to make up another.
 */
export function createBatcher<Item, Answer>(options: BatcherOptions<Item, Answer>) {
  const { rowOf = () => '', traffic, enoughForAnother = 1, lateAfter = Infinity } = options;
  /** By row; the row that has waited longest first. */
  const queues = new Map<string, Waiting<Item, Answer>[]>();
  const patient: Waiting<Item, Answer>[] = [];
  let waiting = 0;
  /** When those took off that are under way and wait for nobody’s row; the oldest first. By the clock that never jumps. */
  const flying: number[] = [];
  let inLine = 0;
  let isPatientFlying = false;
  let isScheduled = false;
  let late: NodeJS.Timeout | undefined;

  /** Answers a batch; what it could not answer is what it returns. Never throws. */
  async function decide(batch: Waiting<Item, Answer>[], wait: boolean): Promise<Waiting<Item, Answer>[]> {
    try {
      const answers = await options.flush(
        batch.map(({ item }) => item),
        wait,
      );
      return batch.filter((one, place) => !answered(one, answers[place]));
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

  async function fly(batch: Waiting<Item, Answer>[], wait: boolean): Promise<void> {
    const rows = new Set(batch.map(({ row }) => row));
    traffic?.enter(rows);
    const carried = await decide(batch, wait);
    traffic?.leave(rows);
    for (const one of carried.toReversed()) {
      if (one.carried >= PATIENCE) {
        patient.unshift(one);
      } else {
        queueOf(one.row).unshift(one);
        waiting += 1;
      }
    }
    if (wait) inLine -= 1;
  }

  function queueOf(row: string): Waiting<Item, Answer>[] {
    const known = queues.get(row);
    if (known !== undefined) return known;
    const queue: Waiting<Item, Answer>[] = [];
    queues.set(row, queue);
    return queue;
  }

  /** Takes what may go of rows that nobody here holds; or, to wait for it, of one that a single flight does. */
  function nextBatch(ahead: 0 | 1): Waiting<Item, Answer>[] {
    const batch: Waiting<Item, Answer>[] = [];
    for (const [row, queue] of queues) {
      if ((traffic?.on(row) ?? 0) !== ahead) continue;
      batch.push(...queue.splice(0, options.maxBatch - batch.length));
      if (queue.length === 0) queues.delete(row);
      if (ahead === 1 || batch.length === options.maxBatch) break;
    }
    waiting -= batch.length;
    return batch;
  }

  /** Those under way that are not late. */
  function onTime(): readonly number[] {
    const since = performance.now() - lateAfter;
    return flying.length === 0 ? flying : flying.filter((at) => at > since);
  }

  function hasRoom(): boolean {
    const underWay = flying.length + inLine;
    return onTime().length + inLine <= options.flights && underWay < options.flights + MOST_LATE;
  }

  function landed(): void {
    if (traffic === undefined) launch();
    else traffic.landed();
  }

  /** Whether another may take off and is worth its cost. Where it is not, it is asked again when one lands, or is late. */
  function mayTakeOff(): boolean {
    const [oldest, ...others] = onTime();
    const isWorthIt =
      oldest === undefined || (waiting >= enoughForAnother && others.length + 1 < options.flights);
    if (isWorthIt && hasRoom()) return true;
    if (waiting > 0 && oldest !== undefined && Number.isFinite(lateAfter))
      late ??= setTimeout(
        () => {
          late = undefined;
          launch();
        },
        oldest + lateAfter - performance.now(),
      );
    return false;
  }

  function launch(): void {
    while (mayTakeOff()) {
      const batch = nextBatch(0);
      if (batch.length === 0) break;
      const now = performance.now();
      flying.push(now);
      void fly(batch, false).then(() => {
        flying.splice(flying.indexOf(now), 1);
        landed();
      });
    }
    if (patient.length > 0 && !isPatientFlying && inLine < IN_LINE && hasRoom()) {
      isPatientFlying = true;
      inLine += 1;
      void fly(patient.splice(0, options.maxBatch), true).then(() => {
        isPatientFlying = false;
        landed();
      });
    }
    while (inLine < IN_LINE && hasRoom()) {
      const batch = nextBatch(1);
      if (batch.length === 0) return;
      inLine += 1;
      void fly(batch, true).then(landed);
    }
  }

  traffic?.join(launch);
  return {
    /** Adds an item to the next batch; resolves with its answer, rejects with the error that nobody could decide it by. */
    add(item: Item): Promise<Answer> {
      return new Promise((resolve, reject) => {
        const row = rowOf(item);
        queueOf(row).push({ item, row, resolve, reject, carried: 0 });
        waiting += 1;
        if (isScheduled) return;
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

/** Whether the database itself refused, so that nothing was committed. One that is away refuses a half as it refuses the whole. */
function wasUndone(error: unknown): boolean {
  return !(error instanceof DatabaseAway) && !mayBeDone(error);
}
