drop schema limits cascade;
