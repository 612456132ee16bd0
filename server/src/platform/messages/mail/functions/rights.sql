-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema mail to plinth_tenant, plinth_system;

grant select, insert, update, delete on mail.messages to plinth_system;
-- An account's transaction adds mails; what they say it does not read.
grant select (account_id, id, once), insert on mail.messages to plinth_tenant;
