drop table orbit.document_pages;
drop table orbit.documents;
