alter table jobs.jobs alter constraint jobs_account_id_permit_id_fkey not deferrable;
