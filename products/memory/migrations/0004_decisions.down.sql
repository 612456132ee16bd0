drop table coditect.memory_document_versions;
drop table coditect.memory_documents;
drop table coditect.memory_links;
drop table coditect.memory_decision_versions;
drop table coditect.memory_decisions;
