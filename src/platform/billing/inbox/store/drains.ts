import { statement } from '#platform/db';
import type { Shop } from './fetch-tasks.ts';

/**
 * Says that a drain is on its way; a row: nobody had said so. Whoever finds it said holds on to it until they commit, so that
 * a drain that begins meanwhile waits for what they mark.
 */
export const sayOnItsWay = ({ store, mode }: Shop) =>
  statement(
    `with said as (select 1 from billing.drains where store = $1 and mode = $2 for key share)
     insert into billing.drains (store, mode) select $1, $2 where not exists (select from said)
     on conflict (store, mode) do update set mode = excluded.mode where false returning store`,
    [store, mode],
  );

export const sayBegun = ({ store, mode }: Shop) =>
  statement('delete from billing.drains where store = $1 and mode = $2', [store, mode]);
