drop schema privacy cascade;
