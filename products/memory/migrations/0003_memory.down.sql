drop table coditect.memory_messages;
drop table coditect.memory_sessions;
