-- Facts of a request beside limits.request, whose form the version before sends. tokens: the most that its call may take, and the least of
-- them that makes sense.
create type limits.call_facts as (tokens bigint, least_tokens bigint, tags jsonb);

-- Names and values that the caller gave its call, for its own reports.
alter table limits.permits add column tags jsonb check (jsonb_typeof(tags) = 'object');
