alter table coditect.memory_sessions drop column summary, drop column metadata;
