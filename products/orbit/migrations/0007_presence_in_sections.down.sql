alter table orbit.presence drop column section_id;
