import { type DataRule, erased, erasedWith, kept } from '#platform/db';

/** How erasure and export treat accounts. The creator of an organization and the sender of an invitation stay in it as ids. */
export const accountsDataRules: DataRule[] = [
  { table: 'accounts.accounts', account: erased() },
  {
    table: 'accounts.places',
    account: kept(
      'ids, which are nobody’s by then: a person who erases an account is given nothing anew for it',
    ),
    withheld: 'which of the accounts that somebody made came first',
  },
  { table: 'accounts.customers', account: erasedWith('accounts.accounts') },
  {
    table: 'accounts.customer_members',
    account: erasedWith('accounts.accounts'),
    user: erasedWith('identity.users'),
  },
  { table: 'accounts.members', account: erased(), user: erased() },
  { table: 'accounts.teams', account: erased() },
  {
    table: 'accounts.team_members',
    account: erasedWith('accounts.teams'),
    user: erasedWith('accounts.members'),
  },
  {
    table: 'accounts.invitations',
    account: erased(),
    // Another's organization invites this person by their address, which belongs to no user after the erasure.
    user: erased('lower(t.email) = lower($2)'),
    withheld: ['token_hash'],
  },
];
