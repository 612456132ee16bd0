drop schema mail cascade;
