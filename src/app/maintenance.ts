import type { Logger } from '#platform/telemetry';

/** Work that is due again and again, whoever does it. */
export interface Chore {
  readonly name: string;
  readonly everySeconds: number;
  /** Due at the start too: a process before this one may have left something. */
  readonly atStart?: true;
  readonly run: () => Promise<unknown>;
}

/** Runs chores at their times, one run of each at a time; one that fails is logged, and runs again when it is due. */
export function startChores(chores: readonly Chore[], logger: Logger): () => Promise<void> {
  const underWay = new Map<string, Promise<void>>();
  const timers = chores.map((chore) => {
    const begin = () => {
      if (underWay.has(chore.name)) return;
      underWay.set(
        chore.name,
        run(chore, logger).finally(() => underWay.delete(chore.name)),
      );
    };
    if (chore.atStart === true) begin();
    return setInterval(begin, chore.everySeconds * 1_000).unref();
  });
  return async () => {
    timers.forEach(clearInterval);
    await Promise.all(underWay.values());
  };
}

async function run({ name, run: work }: Chore, logger: Logger): Promise<void> {
  try {
    const outcome = await work();
    logger.debug({ chore: name, outcome }, 'a chore was done');
  } catch (err) {
    logger.error({ chore: name, err }, 'a chore failed');
  }
}
