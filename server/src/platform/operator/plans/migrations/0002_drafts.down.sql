drop table plans.drafts;
drop sequence plans.draft_numbers;
