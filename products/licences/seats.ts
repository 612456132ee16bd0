import { type AccountId, type SeatsOf, statement } from 'plinth/product';

/** The seats of a licence, as limits keep them: a machine's seat is named by the machine's id. */
export const seatsOf = (accountId: AccountId): SeatsOf => ({
  accountId,
  product: 'coditect',
  limit: 'seats',
});

/** Writes into the history of an account (null: of all) what its seats say of how they ended. Answers which. */
export const endSessionsBySeats = (accountId: AccountId | null) =>
  statement<{ id: string }>(
    `update coditect.sessions s set status = t.ended, ended_at = t.ended_at, last_heartbeat_at = t.renewed_at, updated_at = app.now()
     from limits.seats t
     where s.ended_at is null and ($1::uuid is null or s.account_id = $1) and t.account_id = s.account_id and t.product = 'coditect'
       and t.name = 'seats' and t.machine = s.machine_id::text and t.id = s.id and t.ended is not null
     returning s.id`,
    [accountId],
  );
