/** `concern` is for another person. In a crisis nothing is generated and nothing charged. */
export const SAFETY_STATUSES = ['ok', 'caution', 'concern', 'crisis'] as const;
export type SafetyStatus = (typeof SAFETY_STATUSES)[number];

/** The first nine are those of the Columbia scale (C-SSRS), from passive to attempted, recent and past apart. */
export const SAFETY_KINDS = [
  'wish_to_be_dead',
  'active_thoughts',
  'method',
  'intent',
  'plan',
  'preparatory_acts',
  'attempt_past',
  'attempt_now',
  'self_injury',
  'eating_disorder',
  'violence',
  'abuse',
  'medical_emergency',
] as const;
export type SafetyKind = (typeof SAFETY_KINDS)[number];
