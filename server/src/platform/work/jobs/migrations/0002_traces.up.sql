-- The span of the call that enqueued it, as W3C's traceparent, where that was recorded: the job goes on in its trace.
alter table jobs.jobs add column traceparent text;
