drop schema plans cascade;
