-- Their owner signs in anew, with the password of owner.json.
delete from identity.sessions where method = 'link';
alter table identity.sessions drop constraint sessions_method_check,
  add constraint sessions_method_check check (method in ('password', 'google', 'firebase', 'sso', 'passkey'));
