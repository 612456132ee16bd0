import { ABANDONED_AFTER } from './deadlines.ts';
import type { Database, Engine, Plain } from './port.ts';

/** Milliseconds between two looks. */
const LOOK_EVERY = 5_000;

/**
 * Ends transactions of this login that have written and wait for a client which is gone, or hangs: between a statement that has
 * arrived and its end (Sync) that has not, or with an answer that the client does not read. Such a one is neither idle nor does a statement
 * run: `idle_in_transaction_session_timeout` and `statement_timeout` do not end it, nor does `transaction_timeout` (17) when it writes.
 * Another program with the same login has another `application_name`.
 */
const END = (milliseconds: number): Plain => ({
  text: `select pid, pg_terminate_backend(pid) as ended from pg_stat_activity
    where datname = current_database() and usename = session_user and pid <> pg_backend_pid()
      and application_name = current_setting('application_name')
      and state = 'active' and wait_event in ('ClientRead', 'ClientWrite') and backend_xid is not null
      and state_change < clock_timestamp() - make_interval(secs => $1::double precision / 1000)`,
  values: [milliseconds],
});

/** Ends the transactions of both logins whose clients are gone; answers how many. */
export async function endAbandoned(engine: Engine, milliseconds = ABANDONED_AFTER): Promise<number> {
  // The embedded database has no connections.
  if (engine.name === 'pglite') return 0;
  const asked = END(milliseconds);
  const rows = await Promise.all([engine.bare(asked, 'tenant'), engine.bare(asked, 'system')]);
  // Where one login does all work, both have found the same.
  return new Set((rows.flat() as { readonly pid: number }[]).map(({ pid }) => pid)).size;
}

/** Looks for those of all processes now and again, until it is stopped. */
export function watchAbandoned(db: Database, onEnded: (transactions: number) => void): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  const look = () => {
    underWay ??= db
      .endAbandoned()
      .then((ended) => {
        if (ended > 0) onEnded(ended);
      })
      // A database that is away has no transactions either.
      .catch(() => {})
      .finally(() => {
        underWay = undefined;
      });
  };
  const timer = setInterval(look, LOOK_EVERY).unref();
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}
