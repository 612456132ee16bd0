-- The version before knows none of these: their people come in by “forgot password”.
delete from identity.sessions where method in ('apple', 'microsoft', 'github');
delete from identity.identities where provider in ('apple', 'microsoft', 'github');
alter table identity.identities drop constraint identities_provider_check,
  add constraint identities_provider_check check (provider in ('google', 'firebase'));
alter table identity.sessions drop constraint sessions_method_check,
  add constraint sessions_method_check check (method in ('password', 'google', 'firebase', 'sso', 'passkey', 'link'));
