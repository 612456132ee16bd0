-- The section of the scope that they are editing; none: they read. It may be deleted by then.
alter table orbit.presence add column section_id uuid;
