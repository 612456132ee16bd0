import pg from 'pg';

/** Milliseconds before a broken connection is made anew: signals may be lost for that long, and the slow polls bear it. */
const PAUSE = 1_000;

export interface Listening {
  readonly connectionString: string;
  readonly channel: string;
  readonly hear: (payload: string) => void;
  /** Told of a connection that broke or could not be made anew. */
  readonly onError: (error: Error) => void;
}

/**
 * Listens on a channel until it is told to stop: a connection that breaks (a restart, a failover) is followed by
 * another. Throws when the first one can't be made.
 */
export async function keepListening(listening: Listening): Promise<() => Promise<void>> {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: listening.connectionString,
      application_name: 'plinth-listen',
      // It only hears: one whose server is gone without a word would wait for signals for ever.
      keepAlive: true,
      keepAliveInitialDelayMillis: 60_000,
    });
    next.on('error', listening.onError);
    next.on('notification', ({ payload }) => listening.hear(payload ?? ''));
    await next.connect();
    // From here on its end is a loss; one that never stood is told of by throwing.
    next.on('end', again);
    client = next;
    if (stopped) await next.end();
    else await next.query(`listen ${pg.escapeIdentifier(listening.channel)}`);
  }

  function again(): void {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      connect().catch((error: Error) => {
        listening.onError(error);
        again();
      });
    }, PAUSE).unref();
  }

  await connect();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await client?.end();
  };
}
