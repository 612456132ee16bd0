drop index limits.meters_of_failures;
