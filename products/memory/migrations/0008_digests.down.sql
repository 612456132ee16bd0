alter table coditect.memory_links drop column first, drop column last;
drop table coditect.drawn_decisions;
drop table coditect.memory_summaries;
drop index coditect.memory_sessions_undigested;
alter table coditect.memory_sessions drop column digest_at, drop column processed_messages, drop column processed_until;
