drop schema sso cascade;
