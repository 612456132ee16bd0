drop trigger usage_events_born_posted on limits.usage_events;
drop trigger usage_events_posted on limits.usage_events;
drop function limits.note_posting();
drop function limits.note_postings();
drop table limits.postings;
