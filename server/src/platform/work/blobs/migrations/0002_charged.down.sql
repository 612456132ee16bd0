alter table blobs.blobs drop column charged;
