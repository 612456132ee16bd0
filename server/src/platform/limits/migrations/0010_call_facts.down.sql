alter table limits.permits drop column tags;
drop type limits.call_facts;
