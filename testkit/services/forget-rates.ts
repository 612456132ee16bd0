import type { App } from '../../server/src/app.ts';
import { type Database, statement } from '#platform/db';

/**
 * Rows deleted one by one would be locked in another order than the server's, which may return what it was lent at that moment: the
 * table is locked first. To truncate it takes PostgreSQL twice as long, as each connection then plans the functions of rates anew.
 */
const FORGET = statement(
  'do $$ begin lock table limits.rates in exclusive mode; delete from limits.rates; end $$',
);

/** Forgets how often anybody called, as tests and benches call more often than people. */
export async function forgetRates({
  app,
  db,
}: {
  readonly app: Pick<App, 'modules'>;
  readonly db: Pick<Database, 'asMigrator'>;
}): Promise<void> {
  app.modules.rates.forget();
  await db.asMigrator(FORGET);
}
