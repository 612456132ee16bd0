alter table limits.usage_events drop column steps;
