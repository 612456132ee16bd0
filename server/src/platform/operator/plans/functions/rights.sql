-- Rights in this schema; nothing else is granted, but functions to the system (docs/decisions/0058).
grant usage on schema plans to plinth_system;

grant select, insert, update on plans.versions to plinth_system;
grant select, insert, update, delete on plans.drafts to plinth_system;
grant select, insert, update on plans.moves to plinth_system;
grant usage on sequence plans.draft_numbers to plinth_system;
