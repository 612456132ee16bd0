drop table ai.provider_keys;
