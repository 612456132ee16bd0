-- The version before knows no such session: its user comes in by “forgot password”.
delete from identity.sessions where method = 'mail';
alter table identity.sessions drop constraint sessions_method_check,
  add constraint sessions_method_check
    check (method in ('password', 'google', 'apple', 'microsoft', 'github', 'firebase', 'sso', 'passkey', 'link'));
drop table identity.mail_sign_ins;
