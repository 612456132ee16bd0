alter table limits.seats drop column used_token, drop column first_token, drop column last_token;
