-- How surely the text of a page was read, 0 to 1: what OCR says of it, and little where a text is garbled. Pages of before are taken as read.
alter table orbit.document_pages add column confidence real not null default 1 check (confidence between 0 and 1);
