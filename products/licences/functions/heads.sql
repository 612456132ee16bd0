-- The subscription that says how a licence stands: one that goes on before one that ended, then the newest.
create or replace function coditect.subscription(p_account uuid) returns billing.subscriptions language sql stable as $$
  select s from billing.subscriptions s
  where s.account_id = p_account and s.product = 'coditect' and s.state not in ('incomplete', 'expired')
  order by (s.state = 'canceled'), s.starts_at desc, s.id desc limit 1
$$;

-- When the last renewal of a subscription was paid; null: none was yet.
create or replace function coditect.renewed_at(p_subscription billing.subscriptions) returns timestamptz language sql stable as $$
  select max(i.paid_at) from billing.invoices i
  where i.account_id = p_subscription.account_id and i.store = p_subscription.store and i.mode = p_subscription.mode
    and i.subscription = p_subscription.store_id and i.state = 'paid' and i.reason = 'subscription_cycle'
$$;

-- Until when a subscription is paid for, or tried. A store begins a period before it charges it, and goes on with periods that nobody pays: one
-- counts once its invoice is paid, or was sent to be paid later. What a store lets go of (void, written off, put off) while it goes on is owed by nobody.
-- Where nothing is known of what was paid before it, the store's word is taken.
create or replace function coditect.paid_until(p_subscription billing.subscriptions) returns timestamptz language sql stable as $$
  select case
    when paid.until >= p_subscription.period_ends_at then p_subscription.period_ends_at
    when p_subscription.state not in ('trialing', 'active') then coalesce(paid.until, p_subscription.period_starts_at)
    when paid.until >= p_subscription.period_starts_at then paid.until
    else p_subscription.period_ends_at end
  from (
    select greatest(max(l.period_ends_at), p_subscription.trial_ends_at) as until
    from billing.invoices i join billing.invoice_lines l on l.account_id = i.account_id and l.invoice_id = i.id
    where i.account_id = p_subscription.account_id and i.store = p_subscription.store and i.mode = p_subscription.mode
      and i.subscription = p_subscription.store_id and l.product = 'coditect' and l.plan is not null and l.amount >= 0
      and (i.state = 'paid' or i.state = 'open' and i.due_at > app.now() or p_subscription.state = 'active'
        and (i.state in ('void', 'uncollectible') or i.state = 'draft' and i.next_attempt_at is null))
  ) as paid
$$;

-- How long a signed file holds past the end of what is paid for: as long as a plan that is not paid goes on at first, as mails promise it.
create or replace function coditect.file_grace() returns interval language sql immutable as $$ select interval '7 days' $$;

-- When the last file runs out that a licence may ever have been given; null: one never does. What was asked or given since makes none shorter
-- that is out there: a cancellation, another cycle, a grant that was taken back.
create or replace function coditect.files_until(p_account uuid) returns timestamptz language sql stable as $$
  select nullif(greatest(
    (select max(greatest(s.period_ends_at, s.grace_ends_at)) + coditect.file_grace() from billing.subscriptions s
     where s.account_id = p_account and s.product = 'coditect'),
    (select max(l.period_ends_at) + coditect.file_grace()
     from billing.invoices i join billing.invoice_lines l on l.account_id = i.account_id and l.invoice_id = i.id
     where i.account_id = p_account and l.product = 'coditect' and l.plan is not null and i.state = 'paid'),
    (select max(coalesce(g.ends_at, 'infinity')) from entitlements.grants g
     where g.account_id = p_account and g.product = 'coditect' and g.plan is not null and g.source in ('admin', 'owner', 'import'))
  ), 'infinity')
$$;

-- What a licence is worth now: by its row, by what the account holds at this instant, and by what the subscription says of why. No row: the
-- account has no licence.
create or replace function coditect.head(p_account uuid)
returns table (
  id uuid, tier text, status text, reason text, seats integer, machines integer, features jsonb, offline_minutes integer,
  grace_ends_at timestamptz, period_end timestamptz, file_ends_at timestamptz, trial_ends_at timestamptz, next_billing_date timestamptz,
  last_renewal_at timestamptz, holds_until timestamptz, now timestamptz
) language plpgsql stable as $$
declare
  v_license coditect.licenses;
  v_subscription billing.subscriptions;
  v_segment jsonb;
  v_seats integer;
  v_paid timestamptz;
  v_given timestamptz;
  v_account text;
begin
  now := app.now();
  select * into v_license from coditect.licenses l where l.account_id = p_account;
  -- What follows is done for an account without a licence too, so that the time it takes does not tell whether there is one.
  v_segment := entitlements.segment(p_account, 'coditect', now);
  v_seats := coalesce((v_segment->'grants'->>'seats')::integer, 0);
  v_subscription := coditect.subscription(p_account);
  select a.status into v_account from accounts.accounts a where a.account_id = p_account and a.deleted_at is null;

  id := v_license.id;
  offline_minutes := v_license.offline_minutes;
  tier := case when v_seats > 0 then split_part(v_segment->>'plan', '.', 2) else v_license.tier end;
  seats := case when v_seats > 0 then coalesce(v_license.seats_by_admin, v_seats) else 0 end;
  -- As many for each seat as the plan has; an operator who leaves none has no need for others.
  machines := coalesce((v_segment->'grants'->>'machines')::integer, 0);
  if seats > 0 then machines := ceil(machines::numeric * seats / v_seats); end if;
  -- Options of the plan that are granted.
  features := (select coalesce(jsonb_agg(g.key order by g.key), '[]') from jsonb_each(v_segment->'grants') g where g.value = 'true');
  holds_until := (v_segment->>'until')::timestamptz;
  v_paid := coditect.paid_until(v_subscription);
  -- An operator gave the same plan for longer: it works until then, whatever is paid.
  v_given := (select max(g.ends_at) from entitlements.grants g
    where g.account_id = p_account and g.product = 'coditect' and g.source = 'admin' and g.plan = tier and g.revoked_at is null
      and g.starts_at <= now and g.ends_at > now);

  -- A plan that was given by hand ends when that ends, whatever a subscription beside it says.
  if v_segment->>'source' in ('admin', 'owner', 'import') then
    period_end := holds_until;
    file_ends_at := holds_until;
  else
    period_end := v_paid;
    grace_ends_at := case when v_subscription.state = 'past_due' then v_subscription.grace_ends_at end;
    file_ends_at := least(v_subscription.cancels_at, greatest(period_end + coditect.file_grace(), grace_ends_at));
    period_end := greatest(period_end, v_given);
    file_ends_at := greatest(file_ends_at, v_given);
    if v_subscription.state in ('trialing', 'active', 'past_due') and v_subscription.cancels_at is null then
      next_billing_date := v_subscription.period_ends_at;
    end if;
  end if;
  if v_seats = 0 then period_end := coalesce(period_end, v_license.period_end); end if;
  trial_ends_at := v_subscription.trial_ends_at;
  last_renewal_at := coditect.renewed_at(v_subscription);

  status := 'active';
  -- First: it is what the row says of it that lasts, and it must not be written over by what else is in the way.
  if v_license.status = 'suspended' and v_license.status_reason = 'admin' then
    status := 'suspended'; reason := 'admin';
  elsif v_account is distinct from 'active' then
    status := 'suspended'; reason := 'account';
  elsif v_seats > 0 then
    reason := null;
  elsif v_subscription.state is null or v_subscription.state = 'canceled' or v_subscription.cancels_at <= now then
    status := 'inactive'; reason := 'ended';
  else
    status := 'suspended'; reason := coalesce(v_subscription.suspended_by, 'payment');
  end if;
  if id is not null then return next; end if;
end $$;
