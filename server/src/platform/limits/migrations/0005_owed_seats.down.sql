alter table limits.seats drop column owed_fence;
