-- How long each step of the call took, in microseconds: authenticate, entitle, admit, run, settle. Null: written before there was such a column, or
-- by a backend outside; an element is null where its step was another request's, as of a job.
alter table limits.usage_events add column steps integer[] check (cardinality(steps) = 5);
