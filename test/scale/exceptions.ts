/** Rows and pages that a statement may visit for an account with a thousand rows in each table; of a loop in a loop it would be a million. */
export const MOST_VISITED = 100_000;

/** Statements that visit more, and why. The list may only shrink. */
export const MORE_VISITED: Readonly<Record<string, string>> = {
  'server/src/platform/work/erasure/proof.ts countRows':
    'it counts in all tables of an account at once, after an erasure, and has ten minutes',
  'server/src/platform/billing/sharing/payout-store.ts bookedPayouts':
    'it compares all payouts of a week with Stripe, once a day; an index of reversed payouts would mend it',
  'products/memory/sessions/message-store.ts listMessages':
    'a session keeps each text once, and the copies that the test makes all have the same',
};

export const MOST_EXCEPTIONS = 3;

/** Tables in which an account or a person never has more than a few rows. */
export const FEW_ROWS: readonly string[] = [
  'accounts.accounts',
  'accounts.customer_members',
  'accounts.customers',
  'accounts.invitations',
  'accounts.places',
  'accounts.teams',
  'ai.provider_keys',
  'adiuva.developers',
  'coditect.licenses',
  'identity.email_tokens',
  'identity.identities',
  'identity.totp',
  'identity.users',
  'jobs.deliveries',
  'orbit.workspaces',
  'prism.profiles',
  'privacy.default_levels',
  'privacy.participants',
  'secrets.data_keys',
  'sso.connections',
];
