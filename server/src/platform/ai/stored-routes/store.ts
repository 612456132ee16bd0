import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';
import type { Route } from '../providers/routes.ts';

/** A route as it is stored: another version of the program may have written it. */
export interface StoredRow {
  readonly alias: string;
  readonly route: unknown;
  readonly version: number;
  readonly changed_by: string | null;
  readonly email: string | null;
  readonly updated_at: Date;
}

/** All of them: there are a hundred at most. */
export const storedRoutes = statement<StoredRow>(
  `select r.alias, r.route, r.version, r.changed_by, u.email, r.updated_at
   from ai.routes r left join identity.users u on u.user_id = r.changed_by order by r.alias`,
);

/** Those who change routes go one after the other, until they commit. */
export const lockRoutes = statement("select pg_advisory_xact_lock(hashtextextended('plinth ai routes', 0))");

export const storeRoute = (alias: string, route: Route, by: UserId) =>
  statement(
    `insert into ai.routes (alias, route, changed_by) values ($1, $2::jsonb, $3)
     on conflict (alias) do update set route = excluded.route, version = excluded.version, changed_by = excluded.changed_by, updated_at = app.now()`,
    [alias, JSON.stringify(route), by],
  );

export const deleteRoute = (alias: string) => statement('delete from ai.routes where alias = $1', [alias]);
