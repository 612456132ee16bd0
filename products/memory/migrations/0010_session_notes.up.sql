-- Notes of a session's author, sealed under the account's data key: a summary of their own, and fields as JSON. Counted in its bytes.
alter table coditect.memory_sessions add column summary bytea, add column metadata bytea;
