-- Further providers that say who a person is, and sign them in.
alter table identity.identities drop constraint identities_provider_check,
  add constraint identities_provider_check check (provider in ('google', 'apple', 'microsoft', 'github', 'firebase'));
alter table identity.sessions drop constraint sessions_method_check,
  add constraint sessions_method_check
    check (method in ('password', 'google', 'apple', 'microsoft', 'github', 'firebase', 'sso', 'passkey', 'link'));
