alter table orbit.document_pages drop column confidence;
