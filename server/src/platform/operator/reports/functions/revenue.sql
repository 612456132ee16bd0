-- What moved money, from all who tell of it: stores by their own rows, and what operators recorded by hand and no store tells.
create or replace function reports.revenue(p_from timestamptz, p_until timestamptz, p_mode text)
returns table (account_id uuid, kind text, source text, product text, plan text, item text, currency text, sales integer, gross bigint, fee bigint, tax bigint,
  share bigint, fee_known boolean, occurred_at timestamptz)
language sql stable as $$
  select * from billing.movements(p_from, p_until, p_mode)
  union all
  select p.account_id, case when p.gross < 0 then 'refund' else 'sale' end, p.source, p.product, p.plan, p.plan, p.currency, (p.gross >= 0)::integer,
      p.gross, p.fee, p.tax, 0, true, p.occurred_at
    from reports.proceeds p
    where p.occurred_at >= p_from and p.occurred_at < p_until and not billing.is_told(p.source, p_mode, p.source_id)
$$;

-- The currency that an account's cost of a product is in: that in which it last bought before an instant, this product before others; else, of a later sale;
-- else dollars.
create or replace function reports.currency_of(p_account uuid, p_product text, p_before timestamptz, p_mode text) returns text language sql stable as $$
  select coalesce((
    select currency from (
      select currency, occurred_at, product, id from reports.proceeds where account_id = p_account
      union all
      select i.currency, i.paid_at, l.product, i.id from billing.invoices i join billing.invoice_lines l on l.account_id = i.account_id and l.invoice_id = i.id
        where i.account_id = p_account and i.mode = p_mode and i.state = 'paid' and i.paid > 0
    ) as sold
    order by occurred_at < p_before desc, product = p_product desc, occurred_at desc, id desc limit 1), 'usd')
$$;
