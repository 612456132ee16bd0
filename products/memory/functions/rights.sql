-- Who may what of memory; its product opens the schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant select, insert, update, delete on coditect.memory_sessions, coditect.memory_messages to plinth_system;
grant select, insert, update, delete on coditect.memory_sessions to plinth_tenant;
grant select, insert, update on coditect.memory_messages to plinth_tenant;
-- They hold the account and the level themselves: the index of words is not used behind row security, and an admin writes no row of another's.
grant execute on function coditect.find_turns(bigint[], integer) to plinth_tenant;
grant execute on function coditect.set_level(uuid, text, uuid) to plinth_tenant;
grant execute on function coditect.remove_session(uuid) to plinth_tenant;
grant execute on function coditect.level_problem(text, uuid) to plinth_tenant;
grant execute on function coditect.mask_words(bigint[], uuid) to plinth_tenant;
grant execute on function coditect.audience(coditect.memory_sessions) to plinth_tenant;
call app.run_as_system('coditect.find_turns(bigint[], integer)');
call app.run_as_system('coditect.set_level(uuid, text, uuid)');
call app.run_as_system('coditect.remove_session(uuid)');
call app.run_as_system('coditect.level_problem(text, uuid)');
call app.run_as_system('coditect.move_words()');
call app.run_as_system('coditect.give_memory_back()');

-- Files of sessions.
grant select, insert, update, delete on coditect.memory_files to plinth_system;
grant select, insert, delete on coditect.memory_files to plinth_tenant;
call app.run_as_system('coditect.forget_file()');

-- Decisions and documents.
grant select, insert, update, delete on coditect.memory_decisions, coditect.memory_decision_versions, coditect.memory_links,
  coditect.memory_documents, coditect.memory_document_versions to plinth_system;
grant select, insert, update, delete on coditect.memory_decisions, coditect.memory_documents to plinth_tenant;
grant select, insert on coditect.memory_decision_versions, coditect.memory_document_versions to plinth_tenant;
grant select, insert, delete on coditect.memory_links to plinth_tenant;
-- They hold the account and the level themselves: an admin writes no row of another's.
grant execute on function coditect.set_item_level(text, uuid, text, uuid) to plinth_tenant;
grant execute on function coditect.supersede(uuid, uuid) to plinth_tenant;
call app.run_as_system('coditect.set_item_level(text, uuid, text, uuid)');
call app.run_as_system('coditect.supersede(uuid, uuid)');
call app.run_as_system('coditect.give_bytes_back()');

-- What is drawn from sessions. Lowering a session lowers what is drawn from it, for any caller; a member who may read it may have it summed up.
grant select, insert, update, delete on coditect.memory_summaries, coditect.drawn_decisions to plinth_system;
grant select, insert, update on coditect.memory_summaries to plinth_tenant;
grant select, insert on coditect.drawn_decisions to plinth_tenant;
grant execute on function coditect.keep_summary(uuid, bytea, bytea, integer) to plinth_tenant;
call app.run_as_system('coditect.keep_summary(uuid, bytea, bytea, integer)');
call app.run_as_system('coditect.follow_drawn()');

-- Patterns.
grant select, insert, update, delete on coditect.patterns, coditect.pattern_sources, coditect.pattern_ratings to plinth_system;
grant select, insert, update, delete on coditect.patterns, coditect.pattern_ratings to plinth_tenant;
grant select, insert on coditect.pattern_sources to plinth_tenant;
-- They hold the account and the level themselves: they look at sessions that the member may not read, and an admin writes no row of another's.
grant execute on function coditect.are_sources_shown(uuid) to plinth_tenant;
grant execute on function coditect.settle_patterns(uuid[]) to plinth_tenant;
grant execute on function coditect.hold_sessions(uuid[]) to plinth_tenant;
grant execute on function coditect.set_pattern_level(uuid, text, uuid) to plinth_tenant;
call app.run_as_system('coditect.are_sources_shown(uuid)');
call app.run_as_system('coditect.settle_patterns(uuid[])');
call app.run_as_system('coditect.follow_session()');
call app.run_as_system('coditect.hold_patterns()');
call app.run_as_system('coditect.delete_bare_patterns()');
call app.run_as_system('coditect.hold_sessions(uuid[])');
call app.run_as_system('coditect.set_pattern_level(uuid, text, uuid)');

-- The graph. It holds the account and the levels itself: it is not read behind row security, which asks them again for each row.
grant select, insert, update, delete on coditect.file_mentions, coditect.file_merges to plinth_system;
grant select, insert on coditect.file_mentions to plinth_tenant;
grant execute on function coditect.graph_around(uuid, text[], text[], integer, integer) to plinth_tenant;
grant execute on function coditect.graph_path(uuid, uuid, text[], text[], integer, integer) to plinth_tenant;
grant execute on function coditect.merge_files(uuid, uuid, uuid) to plinth_tenant;
grant execute on function coditect.unmerge_files(uuid) to plinth_tenant;
call app.run_as_system('coditect.graph_around(uuid, text[], text[], integer, integer)');
call app.run_as_system('coditect.graph_path(uuid, uuid, text[], text[], integer, integer)');
call app.run_as_system('coditect.merge_files(uuid, uuid, uuid)');
call app.run_as_system('coditect.unmerge_files(uuid)');
