drop schema prism cascade;
