-- What accounts were granted, and what that amounts to. Tenants read; only the system role grants, so that nothing
-- that runs for a tenant can give itself a plan.
create schema entitlements;
grant usage on schema entitlements to plinth_tenant, plinth_system;

-- One purchase or gift. A row is never deleted: a revoked one says when it ended.
create table entitlements.grants (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  id uuid not null,
  product text not null,
  plan text,
  add_on text,
  source text not null check (source in ('admin', 'owner', 'import', 'stripe', 'app_store', 'google_play')),
  -- Of a plan that is sold by the piece (by seats): how many.
  quantity integer not null default 1 check (quantity > 0),
  starts_at timestamptz not null,
  -- An exact end; null: none, or `days` say how long it lasts. At its beginning: it is never in effect.
  ends_at timestamptz check (ends_at >= starts_at),
  -- An add-on's days, which begin when those bought before are over.
  days integer check (days > 0),
  cause text not null,
  -- As the store, or the system that it was imported from, calls it.
  external_id text check (length(external_id) between 1 and 200),
  created_by uuid,
  request_id text,
  revoked_at timestamptz,
  revoked_by uuid,
  -- From when on its store bills units past its limits; null: from its beginning.
  metered_from timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check (num_nonnulls(plan, add_on) = 1),
  check (case when add_on is null then days is null else num_nonnulls(days, ends_at) = 1 end)
);
create index grants_by_product on entitlements.grants (product, account_id);
create unique index grants_by_external_id on entitlements.grants (account_id, source, external_id) where external_id is not null;
create index grants_by_id on entitlements.grants (id);
call app.protect_tenant('entitlements.grants', 'select');
revoke delete on entitlements.grants from plinth_system;

-- What an account's grants in a product amount to, as of its newest version. Append-only: the older versions say what
-- was in effect before, and the cause of the next says why it changed.
-- timeline: [{from, until, plan, add_ons, source, grants}], ascending, without gaps, the last one without an end.
create table entitlements.snapshots (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  product text not null,
  version bigint not null,
  timeline jsonb not null check (jsonb_typeof(timeline) = 'array' and timeline <> '[]'),
  cause text not null check (cause in ('granted', 'revoked', 'store_changed', 'overage_chosen', 'catalogue_changed')),
  grant_id uuid,
  request_id text,
  created_at timestamptz not null default app.now(),
  primary key (account_id, product, version),
  foreign key (account_id, grant_id) references entitlements.grants (account_id, id) on delete cascade
);
call app.protect_tenant('entitlements.snapshots', 'select');
revoke update, delete on entitlements.snapshots from plinth_system;

-- The timeline of accounts that were never granted anything in a product, whose data the product holds (accounts of the
-- other kind hold nothing in it) and that are among the first of whoever made them, and which state of the product's plans the snapshots were last rewritten to. Rows of the program, of no account: everybody may read them.
create table entitlements.defaults (
  product text primary key,
  timeline jsonb not null check (jsonb_typeof(timeline) = 'array' and timeline <> '[]'),
  holds text not null default 'both' check (holds in ('personal', 'organization', 'both')),
  -- In how many of the accounts that one person made it is in effect (accounts.places); the others hold no plan.
  accounts_per_user integer not null default 1 check (accounts_per_user > 0),
  digest text not null,
  complete boolean not null default false,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
call app.protect_system('entitlements.defaults');
revoke delete on entitlements.defaults from plinth_system;
create policy everybody on entitlements.defaults for select to plinth_tenant using (true);
grant select on entitlements.defaults to plinth_tenant;

-- Whether an account has a product's default plan: it is among the first accounts that one person made. Everybody has one personal account.
create function entitlements.has_default(p_account uuid, p_holds text, p_most integer) returns boolean language sql stable parallel safe as $$
  select p_holds = 'personal' or exists (
    select from accounts.places p where p.account_id = p_account and p.holds = p_holds and p.place <= p_most)
$$;

-- The timeline of an account that was never granted anything in a product; null for a product that the program doesn't know, or not for
-- accounts of this kind. One that does not have the default plan reads as in a product without one.
create function entitlements.ungranted(p_account uuid, p_product text) returns jsonb language sql stable parallel safe as $$
  select case
    when entitlements.has_default(p_account, d.holds, d.accounts_per_user) then d.timeline
    else '[{"from": "1970-01-01T00:00:00.000Z", "until": null, "plan": null, "add_ons": [], "source": null, "grants": {}}]'
  end
  from entitlements.defaults d where d.product = p_product
    and (d.holds = 'both' or d.holds = (select a.kind from accounts.accounts a where a.account_id = p_account))
$$;

-- The newest timeline of an account in a product.
create function entitlements.timeline(p_account uuid, p_product text) returns jsonb language sql stable parallel safe as $$
  select coalesce(
    (select s.timeline from entitlements.snapshots s where s.account_id = p_account and s.product = p_product order by s.version desc limit 1),
    entitlements.ungranted(p_account, p_product))
$$;

-- The segment of a timeline that an instant lies in. It is read from its end: the present is among the last segments.
create function entitlements.segment_at(p_timeline jsonb, p_at timestamptz) returns jsonb language plpgsql stable parallel safe as $$
begin
  for v_place in reverse coalesce(jsonb_array_length(p_timeline), 0) - 1 .. 1 loop
    if (p_timeline->v_place->>'from')::timestamptz <= p_at then return p_timeline->v_place; end if;
  end loop;
  return p_timeline->0;
end $$;

create function entitlements.segment(p_account uuid, p_product text, p_at timestamptz) returns jsonb language sql stable parallel safe as $$
  select entitlements.segment_at(entitlements.timeline(p_account, p_product), p_at)
$$;

-- The segments in effect of many accounts and products at once.
create function entitlements.segments(p_accounts uuid[], p_products text[], p_at timestamptz) returns jsonb[] language plpgsql stable as $$
begin
  return (
    select array_agg(entitlements.segment_at(coalesce(
      (select s.timeline from entitlements.snapshots s where s.account_id = wanted.account and s.product = wanted.product order by s.version desc limit 1),
      entitlements.ungranted(wanted.account, wanted.product)), p_at) order by place)
    from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place));
end $$;
