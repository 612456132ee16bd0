-- Money in, as it moved: each sale, refund and dispute on the day of its own, told apart by what was sold. Made of the rows alone, so that it is
-- the same whatever order they came in.

-- What moved money, before it is split. invoice: the store's id of what it was for. fee: what the store kept; null: it has not said yet.
-- What was paid past the store (a bank transfer that an operator marked as paid) is what the invoice says more than its charges.
-- A trial that costs nothing moves none, and is no sale.
-- What was paid for no invoice that is here is none of ours: the store's owner may sell other things to the same customers.
create or replace function billing.moves(p_from timestamptz, p_until timestamptz, p_mode text)
returns table (account_id uuid, kind text, store text, store_id text, invoice text, currency text, amount bigint, fee bigint, occurred_at timestamptz)
language sql stable as $$
  select p.account_id, 'sale', p.store, p.store_id, p.invoice, p.currency, p.amount, p.fee, p.occurred_at
    from billing.payments p
    where p.mode = p_mode and p.state = 'succeeded' and p.occurred_at >= p_from and p.occurred_at < p_until
      and exists (select from billing.invoices i where i.store = p.store and i.mode = p.mode and i.store_id = p.invoice)
      and p.amount <> 0
  union all
  select i.account_id, 'sale', i.store, i.store_id, i.store_id, i.currency, i.paid - c.charged, 0, i.paid_at
    from billing.invoices i
    cross join lateral (
      select coalesce(sum(p.amount), 0)::bigint as charged from billing.payments p
      where p.store = i.store and p.mode = i.mode and p.invoice = i.store_id and p.state = 'succeeded') as c
    where i.mode = p_mode and i.state = 'paid' and i.paid_at >= p_from and i.paid_at < p_until and i.paid > c.charged
  union all
  select r.account_id, 'refund', r.store, r.store_id, p.invoice, r.currency, -r.amount, -r.fee_returned, r.occurred_at
    from billing.refunds r join billing.payments p on p.store = r.store and p.mode = r.mode and p.store_id = r.charge
    where r.mode = p_mode and r.state = 'succeeded' and r.occurred_at >= p_from and r.occurred_at < p_until
      and exists (select from billing.invoices i where i.store = p.store and i.mode = p.mode and i.store_id = p.invoice)
  union all
  -- What was taken back; of one that was won, the fee alone.
  select d.account_id, 'dispute', d.store, d.store_id, p.invoice, d.currency, case when d.state = 'won' then 0 else -d.amount end, d.fee, d.occurred_at
    from billing.disputes d join billing.payments p on p.store = d.store and p.mode = d.mode and p.store_id = d.charge
    where d.mode = p_mode and d.state in ('open', 'won', 'lost') and d.occurred_at >= p_from and d.occurred_at < p_until
      and exists (select from billing.invoices i where i.store = p.store and i.mode = p.mode and i.store_id = p.invoice)
$$;

-- What an invoice consists of, each with what it came to (discount taken off, tax added), and what all of them before it and itself came to. What an
-- invoice says more than the lines that are ours is of no product.
create or replace function billing.invoice_parts(p_store text, p_mode text, p_invoice text)
returns table (product text, plan text, item text, amount bigint, tax bigint, amount_upto bigint, tax_upto bigint, total bigint, is_main boolean)
language sql stable as $$
  with i as (select * from billing.invoices where store = p_store and mode = p_mode and store_id = p_invoice),
    l as (
      select l.store_id, l.product, l.product || '.' || l.plan as plan, l.product || '.' || coalesce(l.plan, s.item, l.add_on, l.overage) as item,
        l.amount - l.discount + l.tax as amount, l.tax
      from i join billing.invoice_lines l on l.account_id = i.account_id and l.invoice_id = i.id
        left join billing.item_sales s on s.mode = i.mode and s.invoice = i.store_id and i.store = 'stripe'),
    rest as (select i.total - coalesce(sum(l.amount), 0)::bigint as amount, i.tax - coalesce(sum(l.tax), 0)::bigint as tax
      from i left join l on true group by i.total, i.tax),
    parts as (select store_id, product, plan, item, amount, tax from l union all select null, null, null, null, amount, tax from rest where (amount, tax) <> (0, 0))
  select product, plan, item, parts.amount, parts.tax, (sum(parts.amount) over upto)::bigint, (sum(parts.tax) over upto)::bigint, i.total,
      row_number() over (order by product is null, parts.amount desc, parts.store_id collate "C") = 1
    from parts cross join i where i.total <> 0
    window upto as (order by parts.store_id collate "C" nulls last rows unbounded preceding)
$$;

-- A move in the shares of what it was for. Each share is what is rounded up to it less what was rounded before it: shares add up to the move, to
-- the last cent. plan: null of an add-on and of units past a limit, which are items all the same (`reel.pro_boost`, `gateway.calls`), as is what was sold for a payee (`adiuva.` and its id). What an invoice
-- says more than its lines that are ours is somebody else's money, with its fee and its tax, and in no report; all are null of an invoice of nothing. share: a payee's, on the day of the
-- payment, and what is taken back of it on the day on which that was told. sales: 1 in the share of a sale that is counted, so that one sale is one.
create or replace function billing.movements(p_from timestamptz, p_until timestamptz, p_mode text)
returns table (account_id uuid, kind text, store text, product text, plan text, item text, currency text, sales integer, gross bigint, fee bigint, tax bigint,
  share bigint, fee_known boolean, occurred_at timestamptz)
language sql stable as $$
  select m.account_id, m.kind, m.store, s.product, s.plan, s.item, m.currency, (m.kind = 'sale' and coalesce(s.is_main, true))::integer,
    coalesce(round(m.amount::numeric * s.amount_upto / s.total) - round(m.amount::numeric * (s.amount_upto - s.amount) / s.total), m.amount)::bigint,
    coalesce(round(m.fee::numeric * s.amount_upto / s.total) - round(m.fee::numeric * (s.amount_upto - s.amount) / s.total), m.fee, 0)::bigint,
    coalesce(round(m.amount::numeric * s.tax_upto / s.total) - round(m.amount::numeric * (s.tax_upto - s.tax) / s.total), 0)::bigint,
    0, m.fee is not null, m.occurred_at
  from billing.moves(p_from, p_until, p_mode) as m left join lateral billing.invoice_parts(m.store, p_mode, m.invoice) as s on true
  where s.total is null or s.product is not null
  union all
  -- Payees' parts of items that were sold for them, and of what went back.
  select s.account_id, case h.why when 'refunded' then 'refund' when 'disputed' then 'dispute' when 'won' then 'dispute' else 'sale' end, 'stripe',
      s.product, null, s.product || '.' || s.item, h.currency, 0, 0, 0, 0, h.amount, true, at.day
    from billing.item_sales s join billing.shares h on h.account_id = s.payee and h.sale_id = s.id
      left join billing.invoices i on i.account_id = s.account_id and i.store = 'stripe' and i.mode = s.mode and i.store_id = s.invoice
      cross join lateral (select case h.why when 'paid' then coalesce(i.paid_at, h.created_at) else h.created_at end as day) as at
    where h.mode = p_mode and at.day >= p_from and at.day < p_until
$$;

-- Whether what an operator recorded by hand is told by the store itself: it is counted once.
create or replace function billing.is_told(p_store text, p_mode text, p_id text) returns boolean language sql stable as $$
  select exists (select from billing.invoices where store = p_store and mode = p_mode and store_id = p_id)
    or exists (
      select from billing.payments p join billing.invoices i on i.store = p.store and i.mode = p.mode and i.store_id = p.invoice
      where p.store = p_store and p.mode = p_mode and (p.store_id = p_id or p.payment = p_id))
    or exists (
      select from billing.refunds r join billing.payments p on p.store = r.store and p.mode = r.mode and p.store_id = r.charge
        join billing.invoices i on i.store = p.store and i.mode = p.mode and i.store_id = p.invoice
      where r.store = p_store and r.mode = p_mode and r.store_id = p_id)
    or exists (
      select from billing.disputes d join billing.payments p on p.store = d.store and p.mode = d.mode and p.store_id = d.charge
        join billing.invoices i on i.store = p.store and i.mode = p.mode and i.store_id = p.invoice
      where d.store = p_store and d.mode = p_mode and d.store_id = p_id)
$$;

-- What an amount a cycle is a year, as billing/cycles.ts has it: of another length than ours it is an ISO 8601 duration.
create or replace function billing.a_year(p_cycle text, p_amount numeric) returns numeric language sql immutable as $$
  select case p_cycle when 'monthly' then p_amount * 12 when 'yearly' then p_amount
    else p_amount * case right(p_cycle, 1) when 'D' then 365 when 'W' then 365 / 7.0 when 'M' then 12 else 1 end
      / substr(p_cycle, 2, length(p_cycle) - 2)::numeric end
$$;

-- A subscription that changes leaves a row of its former terms, and an invoice one of its former state: reports of a month that is over read these.
create or replace function billing.keep_former_subscription() returns trigger language plpgsql as $$
begin
  insert into billing.former_subscriptions (account_id, store, mode, store_id, until, product, plan, cycle, quantity, unit_amount, state,
      period_starts_at, period_ends_at, cancels_at, ended_at, suspends_at, updated_at)
    values (old.account_id, old.store, old.mode, old.store_id, app.now(), old.product, old.plan, old.cycle, old.quantity, old.unit_amount, old.state,
      old.period_starts_at, old.period_ends_at, old.cancels_at, old.ended_at, old.suspends_at, old.updated_at)
    -- The first of two changes in one instant says it: that one was in effect until then.
    on conflict do nothing;
  return null;
end $$;
create or replace trigger keep_former_on_change after update on billing.subscriptions for each row
  when ((old.account_id, old.product, old.plan, old.cycle, old.quantity, old.unit_amount, old.state, old.period_starts_at, old.period_ends_at, old.cancels_at, old.ended_at, old.suspends_at)
    is distinct from (new.account_id, new.product, new.plan, new.cycle, new.quantity, new.unit_amount, new.state, new.period_starts_at, new.period_ends_at, new.cancels_at, new.ended_at, new.suspends_at))
  execute function billing.keep_former_subscription();
create or replace trigger keep_former_on_end after delete on billing.subscriptions for each row execute function billing.keep_former_subscription();

create or replace function billing.keep_former_invoice() returns trigger language plpgsql as $$
begin
  insert into billing.former_invoices (account_id, store, mode, store_id, until, state)
    values (old.account_id, old.store, old.mode, old.store_id, app.now(), old.state) on conflict do nothing;
  return null;
end $$;
create or replace trigger keep_former_on_change after update on billing.invoices for each row
  when ((old.account_id, old.state) is distinct from (new.account_id, new.state)) execute function billing.keep_former_invoice();

-- The state of an invoice as it was known at an instant; before it was known at all, as it was told first.
create or replace function billing.state_at(p_invoice billing.invoices, p_at timestamptz) returns text language sql stable as $$
  select coalesce((select f.state from billing.former_invoices f
    where f.store = p_invoice.store and f.mode = p_invoice.mode and f.store_id = p_invoice.store_id and f.until > p_at order by f.until limit 1), p_invoice.state)
$$;

-- A subscription as it was known at an instant; before it was known at all, as it was told first.
create or replace function billing.subscription_at(p_store text, p_mode text, p_id text, p_at timestamptz)
returns table (account_id uuid, product text, plan text, cycle text, quantity integer, unit_amount bigint, state text, period_starts_at timestamptz,
  period_ends_at timestamptz, cancels_at timestamptz, ended_at timestamptz, suspends_at timestamptz, updated_at timestamptz)
language sql stable as $$
  select known.account_id, known.product, known.plan, known.cycle, known.quantity, known.unit_amount, known.state, known.period_starts_at,
    known.period_ends_at, known.cancels_at, known.ended_at, known.suspends_at, known.updated_at
  from (
    select f.account_id, f.product, f.plan, f.cycle, f.quantity, f.unit_amount, f.state, f.period_starts_at, f.period_ends_at, f.cancels_at, f.ended_at, f.suspends_at,
      f.updated_at, f.until
    from billing.former_subscriptions f where f.store = p_store and f.mode = p_mode and f.store_id = p_id and f.until > p_at
    union all
    select s.account_id, s.product, s.plan, s.cycle, s.quantity, s.unit_amount, s.state, s.period_starts_at, s.period_ends_at, s.cancels_at, s.ended_at, s.suspends_at,
      s.updated_at, 'infinity'
    from billing.subscriptions s where s.store = p_store and s.mode = p_mode and s.store_id = p_id) as known
  order by known.until limit 1
$$;

-- The part of a whole cycle's price that a line brings, before taxes and after discounts. The provider may have taken a discount off a part of a period already,
-- and rounds it: a whole percent that fits is meant.
create or replace function billing.paid_share(p_net bigint, p_whole numeric) returns numeric language sql immutable as $$
  select case when p_whole < 1 then 1 when abs(round(p_net / p_whole, 2) * p_whole - p_net) <= 1 then round(p_net / p_whole, 2) else p_net / p_whole end
$$;

-- The revenue that subscriptions bring in a year, right before an instant (a month's end: what begins then is the next month's), by what was known then: of each the line
-- in effect, which is the newest one that covers it. Credits are not: they are of
-- a line that a newer one took the place of. A line that is not paid (yet) counts until its subscription is suspended or over.
-- Apple and Google make no invoice before it is paid: there the newest line counts as long as its subscription goes on, deferred, extended, not paid
-- (suspends_at says until when), or renewed and not told yet (3 days).
-- Of what was changed at Stripe without an invoice (a cheaper plan at once) the subscription says what it is since it was last written, with the share that discounts left.
create or replace function billing.recurring(p_at timestamptz, p_mode text)
returns table (account_id uuid, store text, subscription text, product text, plan text, currency text, yearly bigint)
language sql stable as $$
  select l.account_id, l.store, l.subscription, case when l.is_other then l.now_product else l.product end,
    case when l.is_other then l.now_product || '.' || l.now_plan else l.product || '.' || l.plan end, l.currency,
    round(billing.a_year(case when l.is_other then l.now_cycle else l.cycle end, case
      when l.is_other then l.now_price * l.share
      -- A part of a period says what a whole one costs.
      when l.proration then round(l.unit_amount::numeric * l.quantity * l.share)
      else l.net
    end))::bigint
  from (
    select distinct on (i.store, i.subscription) coalesce(kept.account_id, i.account_id) as account_id, i.store, i.subscription, i.currency, l.product, l.plan, l.cycle,
      l.quantity, l.unit_amount, l.proration, l.amount - l.discount as net, kept.state, kept.ended_at, kept.suspends_at,
      kept.product as now_product, kept.plan as now_plan, kept.cycle as now_cycle, kept.unit_amount::numeric * kept.quantity as now_price,
      i.store = 'stripe' and coalesce(kept.updated_at <= p_at and kept.state in ('active', 'past_due'), false)
        and (kept.product, kept.plan, kept.cycle, kept.quantity, kept.unit_amount) is distinct from (l.product, l.plan, l.cycle, l.quantity, l.unit_amount) as is_other,
      billing.paid_share(l.amount - l.discount, l.unit_amount::numeric * l.quantity * case when not l.proration then 1 else
        least(1, extract(epoch from l.period_ends_at - l.period_starts_at) / extract(epoch from l.period_ends_at - coalesce(
          -- The period that it is a part of: another line is for all of it.
          (select min(w.period_starts_at) from billing.invoices o join billing.invoice_lines w on w.account_id = o.account_id and w.invoice_id = o.id
            where o.store = i.store and o.mode = i.mode and o.subscription = i.subscription and not w.proration and w.plan is not null
              and w.period_ends_at = l.period_ends_at and w.period_starts_at <= l.period_starts_at),
          l.period_ends_at - case l.cycle when 'monthly' then interval '1 month' when 'yearly' then interval '1 year' else l.cycle::interval end))) end) as share
    from billing.invoice_lines l join billing.invoices i on i.account_id = l.account_id and i.id = l.invoice_id
      left join lateral billing.subscription_at(i.store, i.mode, i.subscription, p_at) kept on true
      cross join lateral billing.state_at(i, p_at) as known
    where l.plan is not null and l.cycle is not null and l.amount >= 0 and l.period_starts_at < p_at and (l.period_ends_at >= p_at
        or i.store <> 'stripe' and kept.state = 'past_due' and kept.period_starts_at = l.period_ends_at and kept.period_ends_at >= p_at
        or i.store <> 'stripe' and kept.state = 'active' and kept.period_starts_at = l.period_starts_at
          and coalesce(kept.cancels_at, kept.period_ends_at + interval '3 days') >= p_at)
      and i.mode = p_mode and i.subscription is not null and known in ('draft', 'open', 'paid')
      -- A change that is not paid is not made, unless the subscription is past due by it.
      and not (known = 'open' and i.reason = 'subscription_update' and coalesce(kept.state in ('active', 'trialing'), false))
    order by i.store, i.subscription, l.period_starts_at desc, l.proration desc, i.issued_at desc, l.store_id collate "C" desc
  ) as l
  where l.net > 0 and (not l.is_other or l.now_price > 0)
    -- One whose first payment did not come yet was not begun.
    and coalesce(l.state <> 'incomplete', true) and coalesce(least(l.ended_at, l.suspends_at) >= p_at, true)
$$;
