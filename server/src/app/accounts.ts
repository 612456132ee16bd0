import { type Accounts, type AccountsParts, createAccounts } from '#platform/accounts';
import type { Config } from '#platform/config';
import type { Catalogue, Entitlements } from '#platform/entitlements';
import { createMemberCapacity } from '#platform/limits';

interface AccountsWiring extends Omit<AccountsParts, 'capacity' | 'organizationsPerUser' | 'invitationLink'> {
  readonly options: { readonly config: Config };
  readonly catalogues: readonly Catalogue[];
  readonly entitlements: Entitlements;
}

/** Accounts, with what they are told by the modules above them. */
export function openAccounts(parts: AccountsWiring): Accounts {
  const { baseUrl, organizationsPerUser } = parts.options.config;
  return createAccounts({
    ...parts,
    capacity: createMemberCapacity(parts),
    organizationsPerUser,
    // After the #: browsers keep it to themselves, so that the token is in no log of a server or proxy.
    invitationLink: (token) => `${baseUrl}/v1/invitations/accept#${token}`,
  });
}
