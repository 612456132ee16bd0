delete from erasure.exports where subject_kind is not null;
drop index erasure.exports_of_operators;
alter table erasure.exports drop column subject_kind;
drop table erasure.proofs;
