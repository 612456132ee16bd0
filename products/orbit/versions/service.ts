import {
  type AccountId,
  AppError,
  cursorOf,
  type Page,
  positionOf,
  type ProductContext,
  type Transaction,
  type UserId,
} from 'plinth/product';
import { z } from 'zod';
import { noScope } from '../scopes/locking.ts';
import { readScope } from '../scopes/store.ts';
import { diffScopes, type ScopeDiff } from './diff.ts';
import type { Snapshot } from './snapshot.ts';
import { keepVersion, listVersions, readVersion, type VersionRow } from './store.ts';

/** Why a version of a scope was kept. */
export type VersionCause = (typeof VERSION_CAUSES)[number];
export const VERSION_CAUSES = [
  'created',
  'edited',
  'duplicated',
  'status_changed',
  'extracted',
  'template_applied',
] as const;

/** A scope at an instant, to be kept. */
export interface NewVersion {
  readonly accountId: AccountId;
  readonly scopeId: string;
  readonly userId: UserId;
  readonly cause: VersionCause;
}

export type KeptVersion = VersionRow & { readonly snapshot: Snapshot };

/** Changes of a scope between two of its versions. */
export interface VersionDiff extends ScopeDiff {
  readonly from: number;
  readonly to: number;
}

const TOP = 2 ** 31 - 1;
/** Before the first version there was nothing. */
const NOTHING: Snapshot = {
  title: '',
  client_name: null,
  status: 'draft',
  summary: '',
  currency: '',
  project_id: null,
  confidence: null,
  sections: [],
};

/** Former states of a scope: each change is in a version. */
export function createVersions({ db, ids }: ProductContext) {
  /**
   * Keeps the scope as it is now in this transaction, after the change and the raised version. What one person edits within ten
   * minutes is one version.
   */
  const keepCurrent = (version: NewVersion) => keepVersion(ids.next(), version);
  async function keepIn(tx: Transaction, version: NewVersion): Promise<void> {
    await tx.run(keepCurrent(version));
  }

  /** The newest first. */
  async function list(
    accountId: AccountId,
    scopeId: string,
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<VersionRow>> {
    const below = cursor === undefined ? TOP : positionOf(cursor, z.tuple([z.uuid(), z.int()]))[1];
    const [[scope], rows] = await db.tenant(accountId, [
      readScope(accountId, scopeId),
      listVersions(accountId, { scopeId, below, limit: limit + 1 }),
    ]);
    assertThere(scope);
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { data, next_cursor: more ? cursorOf([scopeId, last.number]) : null };
  }

  async function read(accountId: AccountId, scopeId: string, number: number): Promise<KeptVersion> {
    const [[scope], [row]] = await db.tenant(accountId, [
      readScope(accountId, scopeId),
      readVersion(accountId, { scopeId, number, below: false }),
    ]);
    assertThere(scope);
    if (row === undefined) throw noVersion();
    return row;
  }

  /** From one version to another; from the one before it, when not said. */
  async function diff(
    accountId: AccountId,
    scopeId: string,
    between: { readonly from: number | undefined; readonly to: number },
  ): Promise<VersionDiff> {
    const { from, to } = between;
    const after = await read(accountId, scopeId, to);
    const [[before]] = await db.tenant(accountId, [
      readVersion(accountId, { scopeId, number: from ?? to - 1, below: from === undefined }),
    ]);
    if (before === undefined && from !== undefined) throw noVersion();
    const what = diffScopes(before?.snapshot ?? NOTHING, after.snapshot);
    return { from: before?.number ?? 0, to, ...what };
  }

  return { keeping: keepCurrent, keepIn, list, read, diff };
}

export type Versions = ReturnType<typeof createVersions>;

function assertThere(scope: { readonly deleted_at: Date | null } | undefined): void {
  if (scope === undefined || scope.deleted_at !== null) throw noScope();
}

function noVersion(): AppError {
  return new AppError('version_not_found');
}
