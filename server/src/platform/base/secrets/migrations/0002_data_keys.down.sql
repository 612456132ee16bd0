drop table secrets.data_keys;
