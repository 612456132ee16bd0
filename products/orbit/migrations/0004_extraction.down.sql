drop table orbit.analyses;
drop table orbit.extraction_chunks;
drop table orbit.extractions;
