alter table jobs.jobs drop column traceparent;
