drop schema reel cascade;
