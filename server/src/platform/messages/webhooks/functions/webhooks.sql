-- The operator's own id of an account; null: it has none.
create or replace function webhooks.customer_of(p_account uuid) returns text language sql stable as $$
  select external_id from accounts.customers where account_id = p_account
$$;

-- Stores an event in the transaction of what it tells of. In the scope of an account it is about that account.
create or replace function webhooks.emit(p_id uuid, p_type text, p_account uuid, p_once text, p_data jsonb) returns void language plpgsql as $$
begin
  if coalesce(current_setting('app.account', true), '') not in ('', p_account::text)
    or (coalesce(current_setting('app.account', true), '') = '' and coalesce(current_setting('app.user', true), '') <> '')
  then
    raise exception 'an event is told in the name of its account' using errcode = '42501';
  end if;
  insert into webhooks.events (id, type, account_id, once, data, customer) values (p_id, p_type, p_account, p_once, p_data, webhooks.customer_of(p_account))
    on conflict (account_id, type, once) do nothing;
end $$;
