-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema jobs to plinth_tenant, plinth_system;

grant select, insert, update, delete on jobs.jobs, jobs.deliveries, jobs.schedules to plinth_system;
grant select, insert on jobs.jobs to plinth_tenant;
grant select on jobs.deliveries to plinth_tenant;

-- These run as the system for every caller.
call app.run_as_system('jobs.turn_for(uuid, text, bigint, text[])');
call app.run_as_system('jobs.take_up(uuid, text[], integer, integer, boolean, text[])');
call app.run_as_system('jobs.take_up(uuid, text[], integer, integer, boolean, jsonb)');
call app.run_as_system('jobs.take_one(uuid, uuid, uuid, text[], text[])');
call app.run_as_system('jobs.next_due()');
call app.run_as_system('jobs.finish(uuid, uuid, integer, text, text)');
call app.run_as_system('jobs.progress(uuid, uuid, integer, integer, integer)');
call app.run_as_system('jobs.retry(uuid, uuid, integer, interval, text)');
call app.run_as_system('jobs.postpone(uuid, uuid, integer, interval, text)');
call app.run_as_system('jobs.hand_over(uuid, uuid, integer, text[])');
call app.run_as_system('jobs.cancel(uuid, uuid, boolean)');
call app.run_as_system('jobs.recover(uuid, uuid[], text[])');
call app.run_as_system('jobs.unbegin(uuid, uuid[])');
call app.run_as_system('jobs.close_orphans()');
call app.run_as_system('jobs.prune(interval)');
call app.run_as_system('jobs.replay(uuid, uuid, text[])');
call app.run_as_system('jobs.depth()');
call app.run_as_system('jobs.oldest()');
call app.run_as_system('jobs.announce_lane(uuid, text[], text, integer)');
call app.run_as_system('jobs.announce(uuid, text[], integer, integer, interval)');
call app.run_as_system('jobs.announced(uuid, uuid[])');
call app.run_as_system('jobs.announce_anew(uuid, uuid)');

-- Tenants may call these, and nothing that is a part of them.
grant execute on function jobs.turn_for(uuid, text, bigint, text[]) to plinth_tenant;
grant execute on function jobs.has_begun(uuid, uuid) to plinth_tenant;
grant execute on function jobs.finish(uuid, uuid, integer, text, text) to plinth_tenant;
grant execute on function jobs.progress(uuid, uuid, integer, integer, integer) to plinth_tenant;
grant execute on function jobs.retry(uuid, uuid, integer, interval, text) to plinth_tenant;
grant execute on function jobs.postpone(uuid, uuid, integer, interval, text) to plinth_tenant;
grant execute on function jobs.hand_over(uuid, uuid, integer, text[]) to plinth_tenant;
grant execute on function jobs.cancel(uuid, uuid, boolean) to plinth_tenant;
grant execute on function jobs.replay(uuid, uuid, text[]) to plinth_tenant;
