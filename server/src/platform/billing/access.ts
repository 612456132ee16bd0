/** Calls that read what an account has bought, by anybody in it. */
export const reads = {
  tag: 'Billing',
  auth: 'account',
  onBehalf: true,
  may: 'viewer',
  scope: 'billing:read',
  rate: { perMinute: 120, by: 'account' },
} as const;

/** Calls of those who may spend the account's money. */
export const buys = {
  ...reads,
  may: 'admin',
  scope: 'billing:write',
  rate: { perMinute: 20, by: 'account' },
} as const;
