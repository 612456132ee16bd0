drop table jobs.schedules;
