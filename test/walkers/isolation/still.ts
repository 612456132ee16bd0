import { type Database, statement } from '#platform/db';

/** Does something while the database's time stands still, so that no window turns between two readings. */
export async function whileStill<T>(db: Database, work: () => Promise<T>): Promise<T> {
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
  try {
    return await work();
  } finally {
    // What was renewed meanwhile was renewed as of then.
    const at = running.now.toISOString();
    await db.script(`
      begin;
      ${running.definition};
      update limits.holders set expires_at = expires_at + (app.now() - timestamptz '${at}') where expires_at > timestamptz '${at}';
      commit;`);
  }
}
