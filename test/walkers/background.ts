import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { TestApp } from '@plinth/testkit/services/app';

/** Endpoints of the operator's, enough of them that one may be deleted. */
export async function makeWebhooks({ app, db }: TestApp): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    const insert = `insert into webhooks.endpoints (id, url, types, description, secret)
      values ($1, 'https://hooks.example.com/', '{limit.alert}', '', 'whsec_AAAA')`;
    await db.asMigrator(statement(insert, [app.modules.ids.next()]));
  }
}

/** A job that was given up: no call makes one. */
export async function makeDeadJob({ app, db }: TestApp, accountId: AccountId): Promise<void> {
  await db.asMigrator(
    statement(
      `insert into jobs.jobs (account_id, id, kind, lane, payload, state, attempt, attempts, request_id)
       values ($1, $2, 'platform.old-jobs', 'batch', '{}', 'dead', 3, 3, 'req_walker')`,
      [accountId, app.modules.ids.next()],
    ),
  );
}

/** Points at a store outside, of each item with an embedding: in these tests embeddings are searched in the database. */
export async function makePoints({ db }: Pick<TestApp, 'db'>): Promise<void> {
  for (const row of [
    `insert into vectors.stray_points (point, store, space, dimensions, due_at)
      select md5(account_id || id)::uuid, 'a store', collection_id, 2, app.now() + interval '1 hour' from vectors.items`,
    `insert into vectors.points (account_id, collection_id, id, store, point, dimensions)
      select account_id, collection_id, id, 'a store', md5(account_id || id)::uuid, 2 from vectors.items`,
  ])
    await db.asMigrator(statement(row));
}
