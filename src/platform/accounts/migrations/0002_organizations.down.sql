drop trigger accounts_closed on accounts.accounts;
drop function accounts.account_closed();
drop function accounts.may_own(uuid, uuid);
drop function accounts.other_owners(uuid, uuid);
drop function accounts.has_member(uuid, text);
drop table accounts.invitations;
alter table accounts.members drop column was_default;
