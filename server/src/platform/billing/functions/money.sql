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
      select l.store_id, l.product, l.product || '.' || l.plan as plan, l.product || '.' || coalesce(l.plan, l.add_on, l.overage) as item,
        l.amount - l.discount + l.tax as amount, l.tax
      from i join billing.invoice_lines l on l.account_id = i.account_id and l.invoice_id = i.id),
    rest as (select i.total - coalesce(sum(l.amount), 0)::bigint as amount, i.tax - coalesce(sum(l.tax), 0)::bigint as tax
      from i left join l on true group by i.total, i.tax),
    parts as (select store_id, product, plan, item, amount, tax from l union all select null, null, null, null, amount, tax from rest where (amount, tax) <> (0, 0))
  select product, plan, item, parts.amount, parts.tax, (sum(parts.amount) over upto)::bigint, (sum(parts.tax) over upto)::bigint, i.total,
      row_number() over (order by product is null, parts.amount desc, parts.store_id collate "C") = 1
    from parts cross join i where i.total <> 0
    window upto as (order by parts.store_id collate "C" nulls last rows unbounded preceding)
$$;

-- A move in the shares of what it was for. Each share is what is rounded up to it less what was rounded before it: shares add up to the move, to
-- the last cent. plan: null of an add-on and of units past a limit, which are items all the same (`reel.pro_boost`, `gateway.calls`). What an invoice
-- says more than its lines that are ours is somebody else's money, with its fee and its tax, and in no report; all are null of an invoice of nothing. sales: 1 in the share of a sale that is counted, so that one sale is one.
create or replace function billing.movements(p_from timestamptz, p_until timestamptz, p_mode text)
returns table (account_id uuid, kind text, store text, product text, plan text, item text, currency text, sales integer, gross bigint, fee bigint, tax bigint,
  fee_known boolean, occurred_at timestamptz)
language sql stable as $$
  select m.account_id, m.kind, m.store, s.product, s.plan, s.item, m.currency, (m.kind = 'sale' and coalesce(s.is_main, true))::integer,
    coalesce(round(m.amount::numeric * s.amount_upto / s.total) - round(m.amount::numeric * (s.amount_upto - s.amount) / s.total), m.amount)::bigint,
    coalesce(round(m.fee::numeric * s.amount_upto / s.total) - round(m.fee::numeric * (s.amount_upto - s.amount) / s.total), m.fee, 0)::bigint,
    coalesce(round(m.amount::numeric * s.tax_upto / s.total) - round(m.amount::numeric * (s.tax_upto - s.tax) / s.total), 0)::bigint,
    m.fee is not null, m.occurred_at
  from billing.moves(p_from, p_until, p_mode) as m left join lateral billing.invoice_parts(m.store, p_mode, m.invoice) as s on true
  where s.total is null or s.product is not null
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

-- Whether a store's subscription whose period ended was renewed later, after days in which it could not be charged; not: bought again.
create or replace function billing.was_recovered(p_invoice uuid, p_account uuid, p_ended timestamptz) returns boolean language sql stable as $$
  select exists (
    select from billing.invoices i join billing.invoices n on n.account_id = i.account_id and n.store = i.store and n.mode = i.mode and n.subscription = i.subscription
      join billing.invoice_lines l on l.account_id = n.account_id and l.invoice_id = n.id
    where i.account_id = p_account and i.id = p_invoice and n.reason = 'subscription_cycle' and l.period_starts_at > p_ended)
$$;

-- What subscriptions bring in a year, right before an instant (a month's end: what begins then is the next month's): of each the line in effect, which is
-- the newest one that covers it. Credits are not: they are of
-- a line that a newer one took the place of. A line that is not paid (yet) counts until its subscription is suspended or over.
-- Apple and Google make no invoice before it is paid: there the newest line counts as long as its subscription goes on, deferred, extended, not paid
-- (7 days, as long as the plan; then suspends_at says so), or renewed and not told yet (3 days).
-- Of what was changed at Stripe without an invoice (a cheaper plan at once) the subscription says what it is since it was last written, with the share that discounts left.
create or replace function billing.recurring(p_at timestamptz, p_mode text)
returns table (account_id uuid, store text, subscription text, product text, plan text, currency text, yearly bigint)
language sql stable as $$
  select l.account_id, l.store, l.subscription, coalesce(now.product, l.product), coalesce(now.product || '.' || now.plan, l.product || '.' || l.plan), l.currency,
    round(billing.a_year(coalesce(now.cycle, l.cycle), case
      when now.plan is not null then now.unit_amount::numeric * now.quantity * l.share
      -- A part of a period says what a whole one costs, with the share of it that a discount leaves.
      when l.proration then round(l.unit_amount::numeric * l.quantity * l.share)
      else l.amount - l.discount
    end))::bigint
  from (
    select distinct on (i.store, i.subscription) i.account_id, i.store, i.subscription, i.currency, l.product, l.plan, l.cycle, l.quantity, l.unit_amount,
      l.amount, l.discount, l.proration, case when l.amount = 0 then 0 else (l.amount - l.discount)::numeric / l.amount end as share
    from billing.invoice_lines l join billing.invoices i on i.account_id = l.account_id and i.id = l.invoice_id
      left join billing.subscriptions kept on i.store <> 'stripe' and kept.store = i.store and kept.mode = i.mode and kept.store_id = i.subscription
    where l.plan is not null and l.cycle is not null and l.amount >= 0 and l.period_starts_at < p_at and (l.period_ends_at >= p_at
        or kept.state = 'past_due' and kept.period_starts_at = l.period_ends_at and kept.period_ends_at >= p_at
        or kept.state = 'active' and kept.period_starts_at = l.period_starts_at
          and coalesce(kept.cancels_at, kept.period_ends_at + interval '3 days') >= p_at
        or kept.store is not null and l.period_ends_at >= p_at - interval '7 days' and billing.was_recovered(i.id, i.account_id, l.period_ends_at))
      and i.mode = p_mode and i.subscription is not null and i.state in ('draft', 'open', 'paid')
      -- A change that is not paid is not made, unless the subscription is past due by it.
      and not (i.state = 'open' and i.reason = 'subscription_update' and exists (select from billing.subscriptions s
        where s.store = i.store and s.mode = i.mode and s.store_id = i.subscription and s.state in ('active', 'trialing')))
    order by i.store, i.subscription, l.period_starts_at desc, l.proration desc, i.issued_at desc, l.store_id collate "C" desc
  ) as l left join billing.subscriptions now on now.store = l.store and now.mode = p_mode and now.store_id = l.subscription
    and l.store = 'stripe' and now.updated_at <= p_at and now.state in ('active', 'past_due')
    and (now.product, now.plan, now.cycle, now.quantity, now.unit_amount) is distinct from (l.product, l.plan, l.cycle, l.quantity, l.unit_amount)
  where l.share > 0 and (now.plan is null or now.unit_amount * now.quantity > 0) and not exists (
    select from billing.subscriptions s where s.store = l.store and s.mode = p_mode and s.store_id = l.subscription
      -- One whose first payment did not come yet was not begun.
      and (s.state = 'incomplete' or least(s.ended_at, s.suspends_at) < p_at))
$$;
