drop table coditect.pattern_ratings;
drop table coditect.pattern_sources;
drop table coditect.patterns;
