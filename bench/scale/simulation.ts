/** What one call costs on a machine with a core for the program and one for all else, in milliseconds. */
export interface CallCost {
  /** CPU of the program: half of it before the admission, half after the provider's answer. */
  readonly program: number;
  /** The database's CPU for any batch of steps, and what each step adds. A call has two: admission and settlement. */
  readonly batch: number;
  readonly step: number;
  /** For which a batch waits without a core: for its commit to be on disk. */
  readonly disk: number;
  /** CPU of the provider and the caller, beside the database. */
  readonly others: number;
}

export interface Simulated {
  readonly callsPerSecond: number;
  /** Mean milliseconds of a call. */
  readonly latency: number;
  /** Mean number of steps in a batch. */
  readonly batch: number;
}

/**
 * So many callers, each with one call at a time. Admissions go to the database in batches, and so do settlements, for which no caller waits: while
 * a batch is with the database the next one of its kind fills. Events in order of their time; nothing is drawn at random.
 */
export function simulate(cost: CallCost, callers: number, calls = 20_000): Simulated {
  const events: { readonly at: number; readonly happen: (now: number) => void }[] = [];
  const freeAt = { program: 0, others: 0 };
  const total = { done: 0, spent: 0, last: 0 };

  const later = (at: number, happen: (now: number) => void) => {
    // Few are under way at a time: a list in order is enough.
    let place = events.length;
    while (place > 0 && (events[place - 1]?.at ?? 0) < at) place -= 1;
    events.splice(place, 0, { at, happen });
  };
  const onCore = (of: keyof typeof freeAt, now: number, [time, then]: [number, (now: number) => void]) => {
    freeAt[of] = Math.max(freeAt[of], now) + time;
    later(freeAt[of], then);
  };
  const createBatches = () => {
    const waiting: ((now: number) => void)[] = [];
    const batches = { count: 0, steps: 0, isSending: false };
    const send = (now: number) => {
      if (batches.isSending || waiting.length === 0) return;
      const batch = waiting.splice(0);
      batches.isSending = true;
      batches.count += 1;
      batches.steps += batch.length;
      const done = (at: number) => {
        batches.isSending = false;
        for (const go of batch) go(at);
        send(at);
      };
      onCore('others', now, [cost.batch + cost.step * batch.length, (at) => later(at + cost.disk, done)]);
    };
    const add = (now: number, then: (now: number) => void) => {
      waiting.push(then);
      send(now);
    };
    return { batches, add };
  };
  const [admissions, settlements] = [createBatches(), createBatches()];
  const call = (began: number) => {
    const answer = (now: number) => {
      settlements.add(now, () => {});
      total.done += 1;
      total.spent += now - began;
      total.last = now;
      if (total.done + callers <= calls) call(now);
    };
    const read = (now: number) => onCore('program', now, [cost.program / 2, answer]);
    const ask = (now: number) => onCore('others', now, [cost.others, read]);
    onCore('program', began, [cost.program / 2, (now) => admissions.add(now, ask)]);
  };
  for (let n = 0; n < callers; n += 1) call(0);
  for (let next = events.pop(); next !== undefined; next = events.pop()) next.happen(next.at);
  const { count, steps } = admissions.batches;
  const { done, spent, last } = total;
  return { callsPerSecond: (done * 1_000) / last, latency: spent / done, batch: steps / count };
}

/** What was measured of some callers: CPU of a call, in milliseconds, and its median time. */
export interface Measured {
  readonly program: number;
  readonly database: number;
  readonly others: number;
  readonly p50: number;
}

/** Steps of a batch where hundreds call: so many that a batch's own cost is a small part of a step's. */
const FULL = 50;

/** The cost of a call from a lone caller, whose batches have one step, and from hundreds, whose batches are full. */
export function costFrom(lone: Measured, many: Measured): CallCost {
  const step = Math.max(0, (many.database - lone.database / FULL) / 2 / (1 - 1 / FULL));
  const batch = Math.max(0, lone.database / 2 - step);
  const disk = Math.max(0, lone.p50 - lone.program - lone.others - batch - step);
  return { program: many.program, batch, step, disk, others: many.others };
}
