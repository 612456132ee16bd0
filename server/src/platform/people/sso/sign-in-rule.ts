import type { Audit } from '#platform/audit';
import type { AddressRule, SignInRule } from '#platform/identity';
import { AppError } from '#platform/kernel';
import { bindingsAgainst, bindingsOf } from './link-store.ts';

/**
 * Members of an organization that requires single sign-on come by it, or not at all; its owners may come otherwise, so that a
 * provider that fails locks no owner out for good, and the audit says so. A user who comes by it must still be one of those
 * for whom its provider speaks: what was changed meanwhile counts. Another organization's provider is another way.
 */
export function createSignInRule({ audit }: { readonly audit: Audit }): SignInRule {
  return async (tx, { userId, method, origin, opens }) => {
    const bindings = await tx.run(bindingsOf(userId));
    // A domain is one organization's, so it was the provider of that one.
    const came = method === 'sso' ? bindings.find((one) => one.is_linked && one.in_domain) : undefined;
    if (method === 'sso' && came === undefined) throw new AppError('sign_in_failed');
    const enforced = bindings.filter((one) => one.enforced && one !== came);
    if (enforced.some(({ role }) => role !== 'owner')) throw new AppError('sso_required');
    for (const { account_id: accountId } of opens ? enforced : [])
      await audit.recordIn(tx, {
        action: 'sso.bypassed',
        actor: { kind: 'user', userId },
        accountId,
        target: { kind: 'user', id: userId },
        changes: { method },
        origin,
      });
  };
}

/**
 * A user who must come by single sign-on keeps an address in a domain of that organization: with another they could come neither
 * by its provider, which does not speak for it, nor otherwise.
 */
export const addressRule: AddressRule = async (tx, { userId, email }) => {
  const [against] = await tx.run(bindingsAgainst(userId, email));
  if (against === undefined) return;
  throw new AppError('conflict', {
    message: `${against.organization} requires single sign-on: your address stays in one of its domains while you are its member.`,
  });
};
