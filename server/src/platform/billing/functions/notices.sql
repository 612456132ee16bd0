-- Notices before a charge that accounts were not told yet (docs/billing.md). Stores of phones tell their customers themselves.
-- One that is to end before is told nothing. former_amount: the price of one before it was raised.
create or replace function billing.due_notices(p_mode text) returns table (kind text, about text, account_id uuid, id uuid, store_id text, former_amount bigint)
language sql stable as $$
  select due.kind, due.about, s.account_id, s.id, s.store_id, due.former_amount
  from billing.subscriptions s join accounts.accounts a on a.account_id = s.account_id and a.deleted_at is null
    -- The last price of the same plan that was another one: it was raised within this period.
    left join lateral (
      select f.unit_amount from billing.former_subscriptions f
      where f.account_id = s.account_id and f.store = s.store and f.mode = s.mode and f.store_id = s.store_id and f.until >= s.period_starts_at
        and f.period_starts_at = s.period_starts_at and f.unit_amount <> s.unit_amount and (f.product, f.plan, f.cycle) = (s.product, s.plan, s.cycle)
      order by f.until desc limit 1) as former on true
    cross join lateral (
      select 'trial_ends', concat_ws(' ', s.store_id, (s.trial_ends_at at time zone 'UTC')::date), null::bigint
        where s.state = 'trialing' and s.trial_ends_at > app.now()
          and s.trial_ends_at <= app.now() + case when s.trial_ends_at > s.starts_at + interval '7 days' then interval '7 days' else interval '3 days' end
          and not exists (select from billing.trials t
            where t.account_id = s.account_id and t.store = s.store and t.mode = s.mode and t.store_id = s.store_id and t.refused_at is not null)
      union all
      select 'renewal_ahead', concat_ws(' ', s.store_id, (s.period_ends_at at time zone 'UTC')::date), null
        where s.state = 'active' and billing.a_year(s.cycle, 1) <= 1
      union all
      select 'card_expires', concat_ws(' ', s.store_id, (s.card_expires_at at time zone 'UTC')::date), null
        where s.card_expires_at <= s.period_ends_at and s.period_ends_at <= app.now() + interval '1 month'
      union all
      select 'price_raised', concat_ws(' ', s.store_id, coalesce(s.next_unit_amount, s.unit_amount)), coalesce(former.unit_amount, s.unit_amount)
        where coalesce(s.next_unit_amount, s.unit_amount) > coalesce(former.unit_amount, s.unit_amount) and s.state = 'active'
    ) as due (kind, about, former_amount)
  where s.store = 'stripe' and s.mode = p_mode and s.state in ('trialing', 'active') and s.quantity > 0
    -- In time for the laws that want a month, and those that want at most 45 days.
    and s.period_ends_at > app.now() and s.period_ends_at <= app.now() + interval '35 days'
    and (s.cancels_at is null or s.cancels_at > s.period_ends_at)
    and not exists (select from billing.notices n where n.account_id = s.account_id and n.kind = due.kind and n.about = due.about)
$$;
