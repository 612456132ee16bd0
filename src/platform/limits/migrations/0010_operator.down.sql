drop function limits.set_operator_budget(uuid, text, text, text, text, bigint, boolean);
drop function limits.count_spending(limits.permits, uuid[], timestamptz);
drop function limits.governing(limits.operator_state[], text, text, text, text);
drop function limits.operator_states(timestamptz);
drop table limits.operator_spending;
drop table limits.operator_budgets;
