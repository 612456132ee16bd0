import type { Transaction } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { ProductContext } from '#platform/product';
import { insertVersion, mergeVersion } from './store.ts';

/** Why a version of a scope was kept. */
export type VersionCause =
  | 'created'
  | 'edited'
  | 'duplicated'
  | 'status_changed'
  | 'extracted'
  | 'template_applied'
  | 'restored';

/** A scope at an instant, to be kept. */
export interface NewVersion {
  readonly accountId: AccountId;
  readonly scopeId: string;
  readonly userId: UserId;
  readonly cause: VersionCause;
}

/** What a scope was before it was changed: each change is in a version. */
export function createVersions({ ids }: ProductContext) {
  /**
   * Keeps the scope as it is now in this transaction, after the change and the raised version. What one person edits within ten
   * minutes is one version.
   */
  async function keepIn(tx: Transaction, version: NewVersion): Promise<void> {
    const [merged] = version.cause === 'edited' ? await tx.run(mergeVersion(version)) : [];
    await tx.run(insertVersion(ids.next(), version, merged?.began_at ?? null));
  }

  return { keepIn };
}

export type Versions = ReturnType<typeof createVersions>;
