-- Names, colours and logos that customers see, one for the server and one for each product (docs/brand.md).
create schema brands;
create sequence brands.brand_numbers;

create table brands.brands (
  -- A product, or `server`.
  product text collate "C" primary key check (length(product) between 1 and 100),
  brand jsonb not null default '{}',
  logo bytea check (length(logo) <= 131072),
  logo_type text check (logo_type in ('image/png', 'image/jpeg', 'image/webp')),
  -- The first signs of its hash: an address of one logo never shows another.
  logo_hash text,
  version integer not null default nextval('brands.brand_numbers'),
  -- The person who changed it last; null: their user was erased.
  changed_by uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check ((logo is null) = (logo_type is null) and (logo is null) = (logo_hash is null))
);
call app.protect_system('brands.brands');
