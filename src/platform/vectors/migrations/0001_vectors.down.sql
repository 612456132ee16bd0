drop schema vectors cascade;
