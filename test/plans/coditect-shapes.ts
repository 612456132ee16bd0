import { int, list, num, object, oneOf, optional, record, type Shape, text } from './plan-shapes.ts';

/** The fields that plan document 002 names, by what they are of. */
const flag = oneOf(true, false);
export const rows = <Value>(shape: Shape<Value>) => object({ data: list(shape) });

export const plan = object({
  id: text,
  price: object({ monthly: int }),
  trial_days: optional(int),
  grants: object({ seats: int }),
});

export const license = object({
  id: text,
  license_key: optional(text),
  status: oneOf('active', 'suspended', 'inactive'),
  tier: text,
  features: list(text),
  max_seats: int,
  current_seats_used: int,
  seats_left: int,
  issued_at: text,
  activated_at: optional(text),
  suspended_at: optional(text),
  deactivated_at: optional(text),
  last_renewal_at: optional(text),
  next_billing_date: optional(text),
  expires_at: optional(text),
  grace_period_ends_at: optional(text),
});
export const signedLicense = object({
  license: record,
  signatures: list(object({ algorithm: text, signature: text })),
});
export const validity = object({ valid: flag, tier: text, expires_at: text, max_seats: int });
export const licenseStatus = object({
  status: oneOf('active', 'suspended', 'inactive'),
  grace_period_ends_at: optional(text),
});

export const seat = object({
  session_id: text,
  signed_token: text,
  expires_at: text,
  heartbeat_interval: int,
  is_active: flag,
  time_remaining: int,
});
export const licenseSession = object({
  session_id: text,
  hardware_id: text,
  started_at: text,
  last_heartbeat_at: text,
  ended_at: optional(text),
  duration_seconds: optional(int),
  is_active: flag,
});

export const session = object({
  id: text,
  timestamp: text,
  summary: optional(text),
  metadata: optional(record),
});
export const sessionExport = object({
  session,
  summary: list(record),
  decisions: list(record),
  metadata: record,
});
export const decision = object({ id: text, title: text, context: text, rationale: text });
export const turns = object({ turns: list(object({ text, score: num })) });
export const loaded = object({ documents: list(object({ text })), tokens: int });
export const pattern = object({ kind: text, confidence: num, occurrences: int });
export const graph = object({
  nodes: list(object({ id: text, kind: text })),
  edges: list(object({ type: text })),
});
export const privacy = object({ platform_statistics: flag, default_level: optional(text) });

export const totals = object({
  mrr_minor: int,
  arr_minor: int,
  active_subscriptions: int,
  churn: optional(num),
  sign_ups: int,
  running_sessions: int,
  seats: int,
  utilization: num,
});
