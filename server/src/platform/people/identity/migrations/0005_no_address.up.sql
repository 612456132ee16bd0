-- A user without an address: the owner or a member of an operator's customer (accounts.customers). They cannot sign in: every way in
-- begins with an address, and they can have no password and no role of the platform.
alter table identity.users alter column email drop not null,
  add constraint users_without_address check (email is not null or (password_hash is null and not email_verified and role = 'user'));
