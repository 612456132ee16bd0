-- A row that changes twice in one transaction has its reference looked at again, which locks the permit: at the commit, when its meter is
-- locked already. Before the meter it would wait in a circle with a settlement of the same account.
alter table jobs.jobs alter constraint jobs_account_id_permit_id_fkey deferrable initially deferred;
