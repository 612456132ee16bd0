drop table privacy.default_levels;
