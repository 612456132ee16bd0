drop type accounts.spender_state;
drop type accounts.key_bound;
