import type { Database } from '#platform/db';

/** A process that waits at a commit, until it is told to go on. */
interface Stop {
  /** Resolves when it has come there. */
  readonly reached: Promise<void>;
  goOn(): void;
}

/** Stands between a program and its database, so that a test decides what happens around a commit. */
export function commitStops() {
  const stops = new Map<string, { readonly come: () => void; readonly passing: Promise<void> }>();

  async function pass(at: string): Promise<void> {
    const stop = stops.get(at);
    if (stop === undefined) return;
    stops.delete(at);
    stop.come();
    await stop.passing;
  }

  return {
    over(db: Database): Database {
      const tenant = new Proxy(db.tenant, {
        async apply(target, self, given: Parameters<Database['tenant']>) {
          const point = String(given[1]);
          await pass(`before ${point}`);
          const answer: unknown = await Reflect.apply(target, self, given);
          await pass(`after ${point}`);
          return answer;
        },
      });
      return { ...db, tenant };
    },
    /** Has the next one that comes there wait: `before orbit.extract-complete`, when its transaction is not open yet, or `after` it. */
    stopAt(where: `${'before' | 'after'} ${string}`): Stop {
      const [reached, passing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      stops.set(where, { come: reached.resolve, passing: passing.promise });
      return { reached: reached.promise, goOn: passing.resolve };
    },
  };
}
