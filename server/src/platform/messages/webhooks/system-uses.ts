/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const webhooksSystemUses = {
  'webhooks.admin': 'endpoints and deliveries are the operator’s',
  'webhooks.relay': 'events of all accounts are handed out to the operator’s endpoints',
  'webhooks.delivery': 'a worker tells the operator’s endpoints of all accounts',
} as const;

type Own = typeof webhooksSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
