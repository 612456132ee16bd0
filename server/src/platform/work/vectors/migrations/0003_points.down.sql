alter table vectors.collections drop column store;
drop table vectors.points, vectors.stray_points;
