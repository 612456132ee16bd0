drop type coditect.graph_edge;
drop index coditect.pattern_sources_by_session;
drop index coditect.memory_links_to_file;
alter table coditect.memory_links drop column updated_at;
alter table coditect.memory_links drop column about_session_id;
drop table coditect.file_merges;
drop table coditect.file_mentions;
