drop schema orbit cascade;
