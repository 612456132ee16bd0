drop function limits.adjusted_units(uuid, text, text, text, bigint), limits.settled_units(uuid, text, text, uuid, timestamptz, uuid),
  limits.open_since(uuid, text, timestamptz), limits.settled_before(uuid, text, uuid, timestamptz);
