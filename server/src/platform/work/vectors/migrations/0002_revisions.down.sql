alter table vectors.items drop column revision;
alter table vectors.collections drop column revision;
