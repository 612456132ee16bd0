alter table limits.credits drop column expiry_told_at;
