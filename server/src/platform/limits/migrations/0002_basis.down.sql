drop type limits.basis cascade;
drop type limits.bound cascade;
