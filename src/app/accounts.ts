import { type Accounts, type AccountsParts, createAccounts, type Room } from '#platform/accounts';
import type { Config } from '#platform/config';
import type { Catalogue, Entitlements } from '#platform/entitlements';
import { createMembersGauging, gaugeDenial, gaugeRefusal } from '#platform/limits';

interface AccountsWiring extends Omit<AccountsParts, 'room' | 'organizationsPerUser' | 'invitationLink'> {
  readonly options: { readonly config: Config };
  readonly catalogues: readonly Catalogue[];
  readonly entitlements: Entitlements;
}

/** Accounts, with what they are told by the modules above them. */
export function openAccounts(parts: AccountsWiring): Accounts {
  const { baseUrl, organizationsPerUser } = parts.options.config;
  return createAccounts({
    ...parts,
    room: roomOf(parts),
    organizationsPerUser,
    // After the #: browsers keep it to themselves, so that the token is in no log of a server or proxy.
    invitationLink: (token) => `${baseUrl}/v1/invitations/accept#${token}`,
  });
}

/** Members as the products' plans count them, with the cheapest plan that would have had room. */
function roomOf({ catalogues, entitlements }: Pick<AccountsWiring, 'catalogues' | 'entitlements'>): Room {
  return {
    asking: createMembersGauging(catalogues),
    refusal(error) {
      const denied = gaugeDenial(error);
      if (denied === undefined) return error;
      const { limit, max, plan } = denied;
      const [product = ''] = plan.split('.');
      const upgrade = entitlements.upgradeFor(product, plan, (grants) => Number(grants[limit]) > max);
      return gaugeRefusal(error, upgrade?.plan ?? null);
    },
  };
}
