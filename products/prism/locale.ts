import type { AccountId } from 'plinth/product';
import type { Prism } from './service.ts';

/** Where the author of a text is that a precheck looks at, for its helplines. */
export function localeOf(
  { accountId }: { readonly accountId: AccountId | undefined },
  { profiles }: Prism,
): Promise<string | undefined> {
  return profiles.localeOf(accountId);
}
