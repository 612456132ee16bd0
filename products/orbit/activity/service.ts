import { AppError, type Caller, type Page, timeList } from 'plinth/product';
import type { ScopeKey } from '../changes/store.ts';
import type { OrbitParts } from '../orbit-parts.ts';
import { noScope } from '../scopes/locking.ts';
import { readScope } from '../scopes/store.ts';
import { isMember, type LineRow, scopeFeed, userFeed } from './store.ts';

/** Filter of a feed. */
export interface FeedFilter {
  readonly kind?: string | undefined;
  readonly actor?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Feeds of what was done: of one's workspaces, of one of them, of a scope. */
export function createActivityFeed({ db }: Pick<OrbitParts, 'db'>) {
  /** The feed of a scope, in the trash too. Throws `scope_not_found`. */
  async function ofScope(scope: ScopeKey, filter: FeedFilter): Promise<Page<LineRow>> {
    const { kind, actor, cursor, limit } = filter;
    const lines = timeList('scope-activity', { scope: scope.scopeId, kind, actor });
    const [[present], rows] = await db.tenant(scope.accountId, [
      readScope(scope.accountId, scope.scopeId),
      scopeFeed(scope, { kind, actor, after: lines.after(cursor), limit: limit + 1 }),
    ]);
    if (present === undefined) throw noScope();
    return lines.page(rows, limit);
  }

  /**
   * The feed of all workspaces that a user is a member of now, or of one: another is `not_found`. A key is a member of the account that it is
   * bound to alone.
   */
  async function ofUser(
    caller: Pick<Caller, 'userId' | 'keyId' | 'accountId'>,
    workspace: string | undefined,
    filter: FeedFilter,
  ): Promise<Page<LineRow>> {
    const { kind, actor, cursor, limit } = filter;
    const { userId, keyId } = caller;
    const asked = workspace?.toLowerCase();
    if (keyId !== undefined && asked !== undefined && asked !== caller.accountId)
      throw new AppError('not_found');
    const only = asked ?? (keyId === undefined ? undefined : caller.accountId);
    const lines = timeList('activity', { userId, only, kind, actor });
    const query = { kind, actor, after: lines.after(cursor), limit: limit + 1 };
    const [membership, rows] = await db.system('orbit.activity', [
      isMember(userId, only ?? caller.accountId),
      userFeed({ userId, only }, query),
    ]);
    if (asked !== undefined && membership.length === 0) throw new AppError('not_found');
    return lines.page(rows, limit);
  }

  return { ofScope, ofUser };
}

export type ActivityFeed = ReturnType<typeof createActivityFeed>;
