-- Whether one of the keys that a key comes from was revoked: with it ends all that it made, at once.
create or replace function identity.is_cut_off(p_account uuid, p_makers uuid[]) returns boolean language sql stable as $$
  select p_makers <> '{}' and exists (select from identity.api_keys k where k.account_id = p_account and k.id = any(p_makers) and k.revoked_at is not null)
$$;
