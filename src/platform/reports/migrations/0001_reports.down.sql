drop schema reports cascade;
