import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { ProviderMode } from '../payment-provider.ts';

/** So many at a time: what is left over the next run finds. */
const MOST = 50;
/** Longer than four requests to the provider may take, with their retries. */
const BUSY = `interval '6 minutes'`;
const IS_FREE = '(e.busy_until is null or e.busy_until <= app.now())';
const LIVE = `('trialing', 'active', 'past_due', 'paused')`;

/** Organizations that were closed, and the personal accounts of people who closed theirs. */
const CLOSED = `select account_id from accounts.accounts where deleted_at is not null
  union all
  select a.account_id from identity.users u join accounts.accounts a on a.created_by = u.user_id and a.kind = 'personal'
  where u.closed_at is not null`;

/** A subscription that this process alone asks the provider about, for a while. */
export interface ClaimedEnding {
  readonly account_id: AccountId;
  readonly store_id: string;
  /** As the database writes it: what tells this taking from a later one. */
  readonly busy_until: string;
}

/**
 * Takes subscriptions whose account was closed. Not one that ends anyway: the undo must not resume what the customer canceled
 * themselves; but one that ended with its account and was resumed since on the provider's pages. Nor one with an event that was not read yet: it may be that resumption.
 */
export const claimToEnd = ({ provider, mode }: ProviderMode) =>
  statement<ClaimedEnding>(
    `with due as (
       select s.account_id, s.store, s.mode, s.store_id from billing.subscriptions s
       left join billing.endings e using (account_id, store, mode, store_id)
       where s.account_id in (${CLOSED}) and s.store = $1 and s.mode = $2 and s.state in ${LIVE}
         and (e.ended_at is null or s.cancels_at is null) and ${IS_FREE} and (e.account_id is not null or s.cancels_at is null)
         and not exists (select from billing.wants w where w.store = s.store and w.mode = s.mode and w.kind = 'subscription'
           and w.object_id = s.store_id and not w.dead)
       order by s.account_id, s.store_id limit ${MOST})
     insert into billing.endings as e (account_id, store, mode, store_id, busy_until)
       select account_id, store, mode, store_id, app.now() + ${BUSY} from due
     on conflict (account_id, store, mode, store_id) do update set busy_until = excluded.busy_until, updated_at = app.now() where ${IS_FREE}
     returning account_id, store_id, busy_until::text`,
    [provider, mode],
  );

/** Takes those that ended with their account, which is open again. */
export const claimToResume = ({ provider, mode }: ProviderMode) =>
  statement<ClaimedEnding>(
    `with chosen as materialized (
       select account_id, store_id from billing.endings e
       where e.store = $1 and e.mode = $2 and e.account_id not in (${CLOSED}) and ${IS_FREE}
       order by account_id, store_id limit ${MOST} for update skip locked)
     update billing.endings e set busy_until = app.now() + ${BUSY}, updated_at = app.now()
     from chosen where e.account_id = chosen.account_id and e.store_id = chosen.store_id and e.store = $1 and e.mode = $2
     returning e.account_id, e.store_id, e.busy_until::text`,
    [provider, mode],
  );

/** Refused trials that still run at the provider. To end one twice is harmless. */
export const refusedTrials = ({ provider, mode }: ProviderMode) =>
  statement<{ store_id: string }>(
    `select s.store_id from billing.trials t join billing.subscriptions s using (account_id, store, mode, store_id)
     where t.refused_at is not null and t.store = $1 and t.mode = $2 and s.state = 'trialing' order by t.refused_at limit ${MOST}`,
    [provider, mode],
  );

/**
 * Subscriptions that need a follow-up at the provider; and unpaid ones whose customer changed since they were read: the card may be
 * new.
 */
export const toFollowUp = ({ provider, mode }: ProviderMode) =>
  statement<{ store_id: string }>(
    `select s.store_id from billing.subscriptions s
     where s.store = $1 and s.mode = $2 and (s.needs_follow_up or s.state = 'past_due') and s.state in ${LIVE}
       and (s.needs_follow_up or exists (
         select from billing.objects o join billing.objects c on (c.store, c.mode, c.object_id) = (o.store, o.mode, o.customer) and c.kind = 'customer'
         where o.store = s.store and o.mode = s.mode and o.kind = 'subscription' and o.object_id = s.store_id and c.number > o.number))
     order by s.updated_at limit ${MOST}`,
    [provider, mode],
  );

const OF_TAKEN =
  'account_id = $1 and store_id = $2 and busy_until = $3::text::timestamptz and store = $4 and mode = $5';
const valuesOf = ({ provider, mode }: ProviderMode, taken: ClaimedEnding) => [
  taken.account_id,
  taken.store_id,
  taken.busy_until,
  provider,
  mode,
];

export const markEnded = (providerMode: ProviderMode, taken: ClaimedEnding) =>
  statement(
    `update billing.endings set ended_at = app.now(), busy_until = null, updated_at = app.now() where ${OF_TAKEN}`,
    valuesOf(providerMode, taken),
  );

export const deleteEnding = (providerMode: ProviderMode, taken: ClaimedEnding) =>
  statement(`delete from billing.endings where ${OF_TAKEN}`, valuesOf(providerMode, taken));

/** Customers whose account was erased, and whom the provider still knows. */
export const customersToDelete = ({ provider, mode }: ProviderMode) =>
  statement<{ account_id: AccountId; customer: string }>(
    `select account_id, customer from billing.customers
     where erased_at is not null and forgotten_at is null and store = $1 and mode = $2 order by erased_at limit ${MOST}`,
    [provider, mode],
  );

/** Marks the customer as deleted at the provider and ends their subscriptions here: no event will do that any more. */
export const customerDeleted = ({ provider, mode }: ProviderMode, accountId: AccountId, customer: string) => [
  statement(
    `update billing.customers set forgotten_at = app.now(), updated_at = app.now()
     where account_id = $1 and store = $2 and mode = $3 and customer = $4`,
    [accountId, provider, mode, customer],
  ),
  statement(
    `update billing.subscriptions set state = 'canceled', ended_at = least(cancels_at, app.now()), updated_at = app.now()
     where account_id = $1 and store = $2 and mode = $3 and state in ${LIVE}
       and not exists (select from billing.customers where account_id = $1 and store = $2 and mode = $3 and forgotten_at is null)`,
    [accountId, provider, mode],
  ),
];
