import type { Transaction } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { ProductContext } from '#platform/product';
import type { By, Changes } from '../changes/service.ts';
import { lockForChange } from '../scopes/service.ts';
import { countChange } from '../scopes/store.ts';
import type { VersionCause, Versions } from '../versions/service.ts';
import { ranksBetween } from './ranks.ts';
import type { NewSection, SectionRow } from './section.ts';
import { insertSection, ranksOf } from './store.ts';

/** More than this no reader goes through, and each version holds them all. */
export const MOST_SECTIONS = 200;

export interface SectionsParts extends ProductContext {
  readonly changes: Changes;
  readonly versions: Versions;
}

/** Sections that are to be added at the end of a scope. */
export interface NewSections extends By {
  readonly scopeId: string;
  readonly sections: readonly NewSection[];
  readonly cause: VersionCause;
}

/** The sections of a scope. */
export function createSections({ ids, changes, versions }: SectionsParts) {
  /**
   * Adds sections at the end of a scope in this transaction, raises the scope's version and keeps it. After the commit call
   * `changes.moved(scopeId)`. Throws `scope_not_found`, `scope_frozen`, `section_limit`.
   */
  async function appendIn(
    tx: Transaction,
    { scopeId, sections, cause, ...by }: NewSections,
  ): Promise<SectionRow[]> {
    const { accountId } = by;
    await lockForChange(tx, { accountId, scopeId });
    const present = await tx.run(ranksOf(accountId, scopeId));
    if (present.length + sections.length > MOST_SECTIONS) throw new AppError('section_limit');
    const ranks = await ranksBetween(present.at(-1)?.rank, undefined, sections.length);
    const added: SectionRow[] = [];
    for (const [index, section] of sections.entries()) {
      const at = { accountId, scopeId, id: ids.next(), rank: ranks[index] ?? '' };
      added.push(...(await tx.run(insertSection(at, section))));
    }
    await tx.run(countChange(accountId, scopeId, true));
    await versions.keepIn(tx, { accountId, scopeId, userId: by.caller.userId, cause });
    for (const { id, type } of added)
      await changes.recordIn(tx, { ...by, scopeId, kind: 'section.added', data: { section_id: id, type } });
    return added;
  }

  return { appendIn };
}

export type Sections = ReturnType<typeof createSections>;
