import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const accountsSystemUses = {
  'accounts.membership':
    'whether a caller may act for an account, or open it again, is read before there is a scope',
  'accounts.prune': 'invitations of all accounts that were over long ago are deleted',
  'accounts.personal-audit':
    'what a person did belongs to no account: the owner of a personal account reads their own sign-ins with it',
  'accounts.invitee': 'a person who was invited is no member yet: their invitation is found by its token',
  'admin.accounts': 'a platform admin finds, suspends and reinstates users’ accounts that are not their own',
  'admin.audit': 'a platform admin reads what happened in all accounts',
} as const;

declareLongUses('accounts.prune');

type Own = typeof accountsSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
