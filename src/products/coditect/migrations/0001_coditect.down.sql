drop schema coditect cascade;
