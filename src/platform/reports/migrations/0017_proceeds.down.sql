drop table reports.proceeds;
