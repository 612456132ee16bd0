-- The local owner comes in by a link that their terminal shows.
alter table identity.sessions drop constraint sessions_method_check,
  add constraint sessions_method_check check (method in ('password', 'google', 'firebase', 'sso', 'passkey', 'link'));
