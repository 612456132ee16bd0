-- What the oracle sees of the database beside the rows that are there at the end: every change of some tables, in the order in
-- which it was made. All changes of an account's permits and windows in a product are made under one lock, so that the numbers
-- below are their true order.
create schema faults;
create table faults.trace (
  seq bigint generated always as identity primary key,
  tx bigint not null,
  at timestamptz not null,
  -- By the machine's clock, which no test moves on.
  wall timestamptz not null default clock_timestamp(),
  about text not null,
  row jsonb not null
);

create function faults.record() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_at timestamptz := app.now();
begin
  insert into faults.trace (tx, at, about, row)
    select txid_current(), v_at, tg_table_name, to_jsonb(changed) - '{user_id,key_id,charges,slots,operator_budgets,fence,price_version,tried,plan,updated_at}'::text[] from changed;
  return null;
end $$;

do $$
declare
  v_table text;
  v_event text;
begin
  foreach v_table in array array['permits', 'usage_events', 'meters', 'credits'] loop
    foreach v_event in array array['insert', 'update'] loop
      execute format('create trigger faults_%s after %s on limits.%I referencing new table as changed for each statement execute function faults.record()',
        v_event, v_event, v_table);
    end loop;
  end loop;
end $$;

-- Whose lease is whose: each process says in its connections' options which it is.
create table faults.holders (
  id uuid primary key,
  member text
);

create function faults.record_holder() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into faults.holders (id, member) values (new.id, current_setting('faults.member', true));
  return null;
end $$;

create trigger faults_holder after insert on limits.holders for each row execute function faults.record_holder();
