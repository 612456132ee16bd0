import {
  type AccountId,
  AppError,
  commitPoint,
  type ProductContext,
  purgeTrash,
  refusedChange,
  type Transaction,
  type UserId,
  type WhichVersion,
} from 'plinth/product';
import { findAssets, type Search } from './search.ts';
import {
  type AssetChange,
  type AssetRow,
  changeAsset,
  type Content,
  copyVariant,
  insertAsset,
  readAsset,
  type Status,
  trash,
} from './store.ts';
import { unique } from './tags.ts';

const CHANGE = commitPoint('reel.asset-change', 'a changed asset, or one put into the trash');
const PURGE = commitPoint('reel.assets-purged', 'assets that were deleted 30 days ago are gone');

/** Source of a save: a variant of a draft as it is, or content written elsewhere. */
export type Source = { readonly draftId: string; readonly variantId: string } | Content;

export interface AssetInput {
  readonly title?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly status?: Status | undefined;
}

/** The library: what a creator keeps. Assets are copies: what becomes of their draft does not change them. */
export function createLibrary({ db, ids }: Pick<ProductContext, 'db' | 'ids'>) {
  /** Saves an asset in the caller's transaction, which also stores the idempotency key. */
  async function saveIn(
    tx: Transaction,
    owner: { readonly accountId: AccountId; readonly userId: UserId },
    { source, ...saving }: AssetInput & { readonly source: Source },
  ): Promise<AssetRow> {
    const asset = {
      ...owner,
      id: ids.next(),
      title: saving.title,
      tags: unique(saving.tags ?? []),
      status: saving.status ?? 'ready',
    };
    const [made] = await tx.run(
      'draftId' in source ? copyVariant(asset, source) : insertAsset(asset, source),
    );
    if (made === undefined)
      throw new AppError('not_found', { message: 'There is no such draft with such a variant.' });
    return made;
  }

  async function read(accountId: AccountId, id: string): Promise<AssetRow> {
    const [[asset]] = await db.tenant(accountId, [readAsset(accountId, id)]);
    if (asset === undefined || asset.deleted_at !== null) throw noAsset();
    return asset;
  }

  /** Changes an asset, of the version that was read if one is said: of several who change the same one, one wins. */
  async function change(which: WhichVersion, { tags, ...more }: AssetChange): Promise<AssetRow> {
    const changes = tags === undefined ? more : { ...more, tags: unique(tags) };
    const [[changed], [asset]] = await db.tenant(which.accountId, CHANGE, [
      changeAsset(which, changes),
      readAsset(which.accountId, which.id),
    ]);
    if (changed !== undefined) return changed;
    throw refusedChange(asset?.deleted_at === null ? asset : undefined, noAsset);
  }

  /** Puts an asset into the trash, where it may lie already. */
  async function remove(accountId: AccountId, id: string): Promise<void> {
    const [, [asset]] = await db.tenant(accountId, CHANGE, [
      trash.trashing(accountId, id),
      readAsset(accountId, id),
    ]);
    if (asset === undefined) throw noAsset();
  }

  /** Deletes for good what was put into the trash more than 30 days ago, of all accounts. Answers how many assets. */
  const purge = () => purgeTrash(db, trash, PURGE);

  return {
    saveIn,
    read,
    find: (search: Search) => findAssets(db, search),
    change,
    remove,
    restoreIn,
    purge,
  };
}

/** Takes an asset out of the trash, in the caller's transaction, which also stores the idempotency key. */
async function restoreIn(tx: Transaction, accountId: AccountId, id: string): Promise<AssetRow> {
  const [, [asset]] = await tx.runAll([trash.restoring(accountId, id), readAsset(accountId, id)]);
  if (asset === undefined) throw noAsset();
  return asset;
}

function noAsset(): AppError {
  return new AppError('not_found', { message: 'There is no such asset, or it is in the trash.' });
}
