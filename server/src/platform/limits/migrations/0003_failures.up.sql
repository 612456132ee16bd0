-- What failed calls of an account cost stands in the meters of its products, among as many as it has members, keys and subjects.
create index meters_of_failures on limits.meters (account_id, scope) where 'failures' = any (names);
