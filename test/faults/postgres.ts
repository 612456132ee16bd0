import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresBinaries, unprivilegedUser } from '@plinth/testkit/services/binaries';
import { asAdmin } from '@plinth/testkit/services/cluster';
import { type KeptServer, startKept } from '@plinth/testkit/services/keeper';
import { preparePostgres } from '@plinth/testkit/services/postgres';

/** A PostgreSQL that is ended and started again while others use it. */
export interface RestartedPostgres {
  readonly adminUrl: string;
  readonly port: number;
  /**
   * Ends it as `pg_ctl -m fast` and `-m immediate` do: running work is undone and told so, or the processes are just gone and
   * the next start recovers from the log. Returns when it has ended.
   */
  end(how: 'fast' | 'immediate'): Promise<void>;
  /** Starts it on the same data and port; returns when it answers. */
  start(): Promise<void>;
  /** What it logged of each deadlock: who waited for whom, in which statements. */
  deadlocks(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** What pg_ctl sends for each. */
const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/** Starts one on a free loopback port, with fresh data: a commit that was answered outlives each of its ends. */
export async function startRestartedPostgres(binaries: PostgresBinaries): Promise<RestartedPostgres> {
  // Nothing here loses what the system was given to write, so that fsync is as needless as in all tests.
  const settings = {
    synchronous_commit: 'on',
    full_page_writes: 'on',
    logging_collector: 'on',
    log_directory: '..',
    log_filename: LOG,
    log_line_prefix: '',
    // A deadlock is an error, and those are logged from here on only: `log` stands above it.
    log_min_messages: 'error',
  };
  const { folder, port, words, adminUrl } = await preparePostgres({ binaries, settings });
  let kept: KeptServer | undefined;

  async function start(): Promise<void> {
    kept = await startKept(words, { port, user: unprivilegedUser() });
    while (!(await answers(adminUrl)));
  }

  async function end(how: 'fast' | 'immediate'): Promise<void> {
    if (kept === undefined || kept.keeper.exitCode !== null) return;
    const { keeper, pid } = kept;
    keeper.ref();
    const ended = new Promise((resolve) => keeper.once('close', resolve));
    process.kill(pid, SIGNALS[how]);
    await ended;
  }

  async function stop(): Promise<void> {
    await end('immediate');
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    adminUrl,
    port,
    end,
    start,
    deadlocks: async () => deadlocksIn(await readFile(join(folder, LOG), 'utf8')),
    stop,
  };
}

const LOG = 'postgres.log';

/** Each with the lines that belong to it: they are indented, or begin with a word of their own. */
function deadlocksIn(log: string): readonly string[] {
  return log.match(/^ERROR: +deadlock detected\n(?:(?:DETAIL|HINT|CONTEXT|STATEMENT|\t).*\n)*/gm) ?? [];
}

/** Between its first connection and the end of its recovery a server says that it starts up. */
function answers(url: string): Promise<boolean> {
  return asAdmin(url, ['select 1']).then(
    () => true,
    () => false,
  );
}
