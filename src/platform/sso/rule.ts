import type { Audit } from '#platform/audit';
import type { SignInRule } from '#platform/identity';
import { AppError } from '#platform/kernel';
import { bindingsOf } from './link-store.ts';

/**
 * Members of an organization that requires single sign-on come by it, or not at all; its owners may come otherwise, so that a
 * provider that fails locks nobody out for good, and the audit says so. Whoever comes by it must still be one of those
 * for whom its provider speaks: what was changed meanwhile counts.
 */
export function createSignInRule({ audit }: { readonly audit: Audit }): SignInRule {
  return async (tx, { userId, method, whence, opens }) => {
    const bindings = await tx.run(bindingsOf(userId));
    if (method === 'sso') {
      if (!bindings.some((one) => one.is_linked && one.in_domain)) throw new AppError('sign_in_failed');
      return;
    }
    const enforced = bindings.filter((one) => one.enforced);
    if (enforced.some(({ role }) => role !== 'owner')) throw new AppError('sso_required');
    for (const { account_id: accountId } of opens ? enforced : [])
      await audit.recordIn(tx, {
        action: 'sso.bypassed',
        actor: { kind: 'user', userId },
        accountId,
        target: { kind: 'user', id: userId },
        changes: { method },
        whence,
      });
  };
}
