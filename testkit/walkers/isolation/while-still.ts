import { type Database, statement } from '#platform/db';

/** Does something while the database's time stands still, so that no window turns between two readings. */
export async function whileStill<T>(db: Database, work: () => Promise<T>): Promise<T> {
  const goOn = await standStill(db);
  try {
    return await work();
  } finally {
    await goOn();
  }
}

/** Has the database's time stand still, until it is told to go on. */
export async function standStill(db: Database): Promise<() => Promise<void>> {
  const [running] = await db.asMigrator(
    statement<{ definition: string; now: Date }>(
      `select pg_get_functiondef('app.now()'::regprocedure) as definition, app.now() as now`,
    ),
  );
  if (running === undefined) throw new Error('there is no app.now()');
  await db.script(
    `create or replace function app.now() returns timestamptz language plpgsql volatile parallel safe
     as $$ begin return timestamptz '${running.now.toISOString()}'; end $$`,
  );
  // What was renewed meanwhile was renewed as of then.
  const at = running.now.toISOString();
  return () =>
    db.script(`
      begin;
      ${running.definition};
      update limits.holders set expires_at = expires_at + (app.now() - timestamptz '${at}') where expires_at > timestamptz '${at}';
      commit;`);
}
