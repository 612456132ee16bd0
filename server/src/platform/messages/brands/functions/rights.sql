-- Rights in this schema: no other role has any (docs/decisions/0058).
grant usage on schema brands to plinth_tenant, plinth_system;

grant select, insert, update, delete on brands.brands to plinth_system;
grant usage on sequence brands.brand_numbers to plinth_system;
