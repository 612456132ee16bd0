import {
  type AccountId,
  AppError,
  commitPoint,
  type Page,
  type ProductContext,
  refusedChange,
  timeList,
  type WhichVersion,
} from 'plinth/product';
import type { Platform } from '../platforms.ts';
import {
  changeDraft,
  type DraftChange,
  type DraftRow,
  type DraftVariantRow,
  listDrafts,
  readDraft,
  variantsOfDraft,
} from './store.ts';

const CHANGE = commitPoint('reel.draft-change', 'what a creator changed of a draft, and its next version');

/** More than a draft gets in a month of its plan's regenerations is not read at once. */
const MOST_VARIANTS = 200;

export interface DraftView {
  readonly draft: DraftRow;
  readonly variants: readonly DraftVariantRow[];
}

/** Drafts: what a creator works on. Generations write their variants; here they are read, chosen from and edited. */
export function createDrafts({ db }: Pick<ProductContext, 'db'>) {
  /** Newest first. */
  async function list(
    accountId: AccountId,
    query: { platform?: Platform | undefined; cursor?: string | undefined; limit: number },
  ): Promise<Page<DraftRow>> {
    const { platform, cursor, limit } = query;
    const drafts = timeList('drafts', { platform });
    const after = drafts.after(cursor);
    const [rows] = await db.tenant(accountId, [listDrafts(accountId, { platform, after, limit: limit + 1 })]);
    return drafts.page(rows, limit);
  }

  /** A draft with its variants, those of the newest generation first. */
  async function read(accountId: AccountId, draftId: string): Promise<DraftView> {
    const [[draft], variants] = await db.tenant(accountId, [
      readDraft(accountId, draftId),
      variantsOfDraft(accountId, draftId, MOST_VARIANTS),
    ]);
    if (draft === undefined) throw noDraft();
    return { draft, variants };
  }

  /** Changes a draft, of the version that was read if one is said: of several who change the same one, one wins. */
  async function change(which: WhichVersion, changes: DraftChange): Promise<DraftView> {
    const { accountId, id, version } = which;
    const [[changed], [draft], variants] = await db.tenant(accountId, CHANGE, [
      changeDraft(which, changes),
      readDraft(accountId, id),
      variantsOfDraft(accountId, id, MOST_VARIANTS),
    ]);
    if (changed !== undefined) return { draft: changed, variants };
    if (draft !== undefined && (version === undefined || draft.version === version))
      throw new AppError('not_found', { message: 'This draft has no such variant.' });
    throw refusedChange(draft, noDraft);
  }

  return { list, read, change };
}

function noDraft(): AppError {
  return new AppError('not_found', { message: 'There is no such draft.' });
}
