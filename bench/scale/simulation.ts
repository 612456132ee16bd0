/** What one call costs, in milliseconds: measured figures, or those of another machine. */
export interface CallCost {
  /** CPU of the program: half of it before the admission, half after the provider's answer. */
  readonly program: number;
  /** The database's time for a batch of steps, whatever is in it: statement, locks, commit to disk. */
  readonly batch: number;
  /** What each step adds to its batch. */
  readonly step: number;
  /** From the question to the provider to its answer. */
  readonly provider: number;
}

export interface Simulated {
  readonly callsPerSecond: number;
  /** Mean milliseconds of a call. */
  readonly latency: number;
  /** Mean number of steps in a batch. */
  readonly batch: number;
}

/**
 * So many callers, each with one call at a time, at one program with one core. Its admissions go to the database in batches, and so do its
 * settlements, for which no caller waits: while a batch is with the database the next one of its kind fills. Events in order of
 * their time; nothing is drawn at random.
 */
export function simulate(cost: CallCost, callers: number, calls = 20_000): Simulated {
  const events: { readonly at: number; readonly happen: (now: number) => void }[] = [];
  let coreFreeAt = 0;
  const total = { done: 0, spent: 0, last: 0 };

  const later = (at: number, happen: (now: number) => void) => {
    // Few are under way at a time: a list in order is enough.
    let place = events.length;
    while (place > 0 && (events[place - 1]?.at ?? 0) < at) place -= 1;
    events.splice(place, 0, { at, happen });
  };
  const onCore = (now: number, time: number, then: (now: number) => void) => {
    coreFreeAt = Math.max(coreFreeAt, now) + time;
    later(coreFreeAt, then);
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
      later(now + cost.batch + cost.step * batch.length, (at) => {
        batches.isSending = false;
        for (const go of batch) go(at);
        send(at);
      });
    };
    const add = (now: number, then: (now: number) => void) => {
      waiting.push(then);
      send(now);
    };
    return { batches, add };
  };
  const [admissions, settlements] = [createBatches(), createBatches()];
  const call = (began: number) =>
    onCore(began, cost.program / 2, (received) =>
      admissions.add(received, (admitted) =>
        later(admitted + cost.provider, (answered) =>
          onCore(answered, cost.program / 2, (now) => {
            settlements.add(now, () => {});
            total.done += 1;
            total.spent += now - began;
            total.last = now;
            if (total.done + callers <= calls) call(now);
          }),
        ),
      ),
    );
  for (let n = 0; n < callers; n += 1) call(0);
  for (let next = events.pop(); next !== undefined; next = events.pop()) next.happen(next.at);
  const { count, steps } = admissions.batches;
  const { done, spent, last } = total;
  return { callsPerSecond: (done * 1_000) / last, latency: spent / done, batch: steps / count };
}

/** What was measured of a lone caller and of many. */
export interface Measured {
  readonly callers: number;
  readonly callsPerSecond: number;
  /** Median milliseconds of a call. */
  readonly p50: number;
  /** CPU of a call, in milliseconds. */
  readonly program: number;
}

/**
 * The cost of a call from two measurements: of a lone caller, whose call waits for a batch of one step; and of a few, who keep no core
 * busy, and whose rate says what a step adds to a batch. `provider`: a direct call's milliseconds; `program`: the CPU of a call where the
 * core is busy, for a lone caller's has waking up in it.
 */
export function costFrom(
  lone: Measured,
  few: Measured,
  { provider, program }: { readonly provider: number; readonly program: number },
): CallCost {
  const whole = Math.max(0, lone.p50 - lone.program - provider);
  const costWith = (step: number): CallCost => ({ program, batch: whole - step, step, provider });
  let [least, most] = [0, whole];
  // The rate falls as the step grows.
  for (let n = 0; n < 40; n += 1) {
    const step = (least + most) / 2;
    if (simulate(costWith(step), few.callers, 4_000).callsPerSecond > few.callsPerSecond) least = step;
    else most = step;
  }
  return costWith(least);
}
