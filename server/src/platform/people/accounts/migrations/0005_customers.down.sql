-- The version before cannot name them: their accounts go with them.
delete from accounts.accounts a using accounts.customers c where c.account_id = a.account_id;
drop table accounts.customer_members;
drop table accounts.customers;
