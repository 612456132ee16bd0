drop schema ai cascade;
