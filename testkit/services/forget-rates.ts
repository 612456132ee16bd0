import type { App } from '../../server/src/app.ts';
import { type Database, statement } from '#platform/db';

/** Forgets how often anybody called, as tests and benches call more often than people. */
export async function forgetRates({
  app,
  db,
}: {
  readonly app: Pick<App, 'modules'>;
  readonly db: Pick<Database, 'asMigrator'>;
}): Promise<void> {
  app.modules.rates.forget();
  // Rows deleted one by one would be locked in another order than the server's, which may return what it was lent at that moment.
  await db.asMigrator(statement('truncate limits.rates'));
}
