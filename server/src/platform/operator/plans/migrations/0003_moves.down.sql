drop table plans.moves;
