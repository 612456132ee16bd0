-- How much an account says on a day is asked by operators, over all accounts. Messages lie in the order in which they came: a summary of blocks finds a
-- day's, costs a message nothing, and is no way to one row that a plan could keep (test/kept-plans).
create index memory_messages_by_creation on coditect.memory_messages using brin (created_at);
