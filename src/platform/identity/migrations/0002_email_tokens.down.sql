drop table identity.email_tokens;
