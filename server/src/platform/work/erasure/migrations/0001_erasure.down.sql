drop schema erasure cascade;
