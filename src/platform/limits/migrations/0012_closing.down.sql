drop function limits.close_plain(uuid[], text[], limits.closing[]);
drop type limits.closing;
