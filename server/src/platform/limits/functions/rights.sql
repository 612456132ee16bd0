-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema limits to plinth_tenant, plinth_system;

grant select, insert, update, delete on limits.holders, limits.meters, limits.permits, limits.usage_events, limits.rates,
  limits.anchors, limits.credits, limits.gauges, limits.seats, limits.operator_budgets, limits.operator_spending, limits.alerts, limits.denials, limits.errors,
  limits.postings, limits.adjustments to plinth_system;
grant select on limits.meters to plinth_tenant;
grant select on limits.permits to plinth_tenant;
grant select on limits.usage_events to plinth_tenant;
grant select on limits.anchors to plinth_tenant;
grant select on limits.credits to plinth_tenant;
grant select on limits.gauges to plinth_tenant;
grant select on limits.seats to plinth_tenant;
grant select on limits.alerts to plinth_tenant;
grant select on limits.denials, limits.errors to plinth_tenant;
grant select on limits.adjustments to plinth_tenant;

-- These run as the system for every caller.
call app.run_as_system('limits.take_rates(text[], integer[], integer[], integer[], integer[], integer)');
call app.run_as_system('limits.take_rates_alone(text[], integer[], integer[], integer)');
call app.run_as_system('limits.give_back_rates(text[], bigint[], integer[])');
call app.run_as_system('limits.admit(uuid[], text[], limits.feature[], accounts.spender[], limits.run[], limits.request[], uuid, boolean, boolean, limits.call_facts[])');
call app.run_as_system('limits.preview(uuid[], text[], limits.feature[], accounts.spender[], limits.run[], limits.request[], uuid, boolean, limits.call_facts[])');
call app.run_as_system('limits.admit_within(accounts.spender, text, limits.basis, limits.request[], uuid, boolean)');
call app.run_as_system('limits.resolve_batch(jsonb)');
call app.run_as_system('limits.resolve_here(jsonb)');
call app.run_as_system('limits.attach(uuid, uuid, integer, uuid)');
call app.run_as_system('limits.answer_here(uuid, text, text, integer, jsonb, jsonb, text)');
call app.run_as_system('limits.start_holder(uuid, text, interval)');
call app.run_as_system('limits.renew_holder(uuid, interval)');
call app.run_as_system('limits.end_holders(uuid, boolean)');
call app.run_as_system('limits.sweep(integer)');
call app.run_as_system('limits.gauge_here(text, text, bigint)');
call app.run_as_system('limits.room_for_members(jsonb, integer)');
call app.run_as_system('limits.take_seat(text, text, text, uuid, interval, bigint, integer, integer, integer)');
call app.run_as_system('limits.renew_seats(limits.renewal[], integer[])');
call app.run_as_system('limits.free_seat(text, text, text, integer)');
call app.run_as_system('limits.end_seats(text, text, text, text)');
call app.run_as_system('limits.close_seats(text, text, integer)');
call app.run_as_system('limits.usage_here(jsonb)');
call app.run_as_system('limits.key_usage_here(uuid[], text)');
call app.run_as_system('limits.close_plain(text, limits.closing)');
call app.run_as_system('limits.close_plain(text, limits.closing, integer[])');
call app.run_as_system('limits.close_plain(uuid[], text[], limits.closing[])');
call app.run_as_system('limits.close_plain(uuid[], text[], limits.closing[], text[])');
call app.run_as_system('limits.lend(uuid, uuid, integer, uuid, integer)');
call app.run_as_system('limits.report(uuid, uuid, uuid, text, text[], limits.feature[], limits.reported[])');
call app.run_as_system('limits.disown(jsonb)');

-- Tenants may call these, and nothing that is a part of them.
grant execute on function limits.resolve_here(jsonb) to plinth_tenant;
grant execute on function limits.attach(uuid, uuid, integer, uuid) to plinth_tenant;
grant execute on function limits.answer_here(uuid, text, text, integer, jsonb, jsonb, text) to plinth_tenant;
grant execute on function limits.room_for_members(jsonb, integer) to plinth_tenant;
grant execute on function limits.usage_here(jsonb) to plinth_tenant;
grant execute on function limits.key_usage_here(uuid[], text) to plinth_tenant;
grant execute on function limits.gauge_here(text, text, bigint) to plinth_tenant;
grant execute on function limits.take_seat(text, text, text, uuid, interval, bigint, integer, integer, integer) to plinth_tenant;
grant execute on function limits.free_seat(text, text, text, integer) to plinth_tenant;
grant execute on function limits.end_seats(text, text, text, text) to plinth_tenant;
grant execute on function limits.lend(uuid, uuid, integer, uuid, integer) to plinth_tenant;
grant execute on function limits.report(uuid, uuid, uuid, text, text[], limits.feature[], limits.reported[]) to plinth_tenant;
