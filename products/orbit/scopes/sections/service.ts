import { type AccountId, AppError, commitPoint, type ProductContext, type Transaction } from 'plinth/product';
import { fieldsIn } from '@plinth/documents';
import type { By, Changes } from '../../changes/service.ts';
import { assertNotTooLong } from '../length.ts';
import { lockForChange, noScope } from '../locking.ts';
import { countChange, readScope } from '../store.ts';
import type { VersionCause, Versions } from '../../versions/service.ts';
import { indexOf, type Place, type RankedSection, ranksAt, spread } from './ranks.ts';
import type { NewSection, SectionFields, SectionRow } from './section.ts';
import { shownSection } from './replies.ts';
import {
  changeSection,
  deleteSection,
  insertSection,
  listSections,
  placeAll,
  placeSection,
  ranksOf,
  readSection,
  type SectionChange,
} from './store.ts';

const CHANGE = commitPoint(
  'orbit.section-change',
  'a changed or deleted section, and the version of its scope',
);

/** More than this no reader goes through, and each version holds them all. */
export const MOST_SECTIONS = 200;
const END: Place = { before: null };

export interface SectionsParts extends ProductContext {
  readonly changes: Changes;
  readonly versions: Versions;
}

/** A scope that a member changes. */
interface OfScope extends By {
  readonly scopeId: string;
}

/** A section that a member changes, of the version that they have read. */
export interface SectionOf extends OfScope {
  readonly sectionId: string;
  readonly version?: number | undefined;
}

/** Sections that are to be added: at the end of a scope, when no place is said. */
export interface NewSections extends OfScope {
  readonly sections: readonly NewSection[];
  readonly place?: Place;
  readonly cause: VersionCause;
  /** Characters by which sections that are there have grown in this transaction already. */
  readonly grown?: number;
}

/** The sections of a scope. Who changes them takes turns at the scope's row, so that two never choose one place. */
export function createSections(parts: SectionsParts) {
  const { db, changes } = parts;
  return {
    /** In their order. Throws `scope_not_found`. */
    async list(accountId: AccountId, scopeId: string): Promise<SectionRow[]> {
      const [[scope], sections] = await db.tenant(accountId, [
        readScope(accountId, scopeId),
        listSections(accountId, scopeId),
      ]);
      if (scope === undefined || scope.deleted_at !== null) throw noScope();
      return sections;
    },
    /**
     * Adds sections to a scope in this transaction, raises the scope's version and keeps it. After the commit call
     * `changes.moved(scopeId)`. Throws `scope_not_found`, `scope_frozen`, `section_limit`, `scope_too_long`,
     * `section_not_found`.
     */
    appendIn: (tx: Transaction, added: NewSections) => appendIn(parts, tx, added),
    async change(which: SectionOf, change: SectionChange): Promise<SectionRow> {
      const row = await db.tenant(which.accountId, CHANGE, (tx) => changeIn(parts, tx, { which, change }));
      changes.moved(which.scopeId);
      return row;
    },
    /** The same of a move: after the commit call `changes.moved(scopeId)`. */
    moveIn: (tx: Transaction, which: SectionOf, place: Place) => moveIn(parts, tx, { which, place }),
    async remove(which: SectionOf): Promise<void> {
      await db.tenant(which.accountId, CHANGE, (tx) => removeIn(parts, tx, which));
      changes.moved(which.scopeId);
    },
  };
}

export type Sections = ReturnType<typeof createSections>;

async function appendIn(
  parts: SectionsParts,
  tx: Transaction,
  { scopeId, sections, place = END, cause, grown = 0, ...by }: NewSections,
): Promise<SectionRow[]> {
  const { accountId } = by;
  await lockForChange(tx, { accountId, scopeId });
  const present = await tx.run(ranksOf(accountId, scopeId));
  if (present.length + sections.length > MOST_SECTIONS)
    throw new AppError('section_limit', { details: { max: MOST_SECTIONS } });
  const ranks = await roomIn(tx, { accountId, scopeId, present, place, count: sections.length });
  const added: SectionRow[] = [];
  for (const [index, section] of sections.entries()) {
    const at = { accountId, scopeId, id: parts.ids.next(), rank: ranks[index] ?? '' };
    const fields = section.fields ?? parseFields(section.content);
    added.push(...(await tx.run(insertSection(at, { ...section, fields }))));
  }
  const more = sections.reduce((sum, { content }) => sum + content.length, grown);
  await raiseScopeVersion(parts, tx, { ...by, scopeId, cause, grown: more });
  for (const { id, type } of added) {
    const data = { section_id: id, type };
    await parts.changes.recordIn(tx, { ...by, scopeId, kind: 'section.added', data });
  }
  return added;
}

async function changeIn(
  parts: SectionsParts,
  tx: Transaction,
  { which, change }: { readonly which: SectionOf; readonly change: SectionChange },
): Promise<SectionRow> {
  await lockForChange(tx, which);
  const [present] = await tx.run(readSection(which));
  if (present === undefined) throw noSection();
  // The refusal of an older version carries the newer text.
  if (which.version !== undefined && which.version !== present.version)
    throw new AppError('precondition_failed', { details: { current: shownSection(present) } });
  const fields = change.content === undefined ? undefined : parseFields(change.content);
  const [row] = await tx.run(changeSection(which, { ...change, fields }));
  if (row === undefined) throw noSection();
  const grown = row.content.length - present.content.length;
  await raiseScopeVersion(parts, tx, { ...which, cause: 'edited', grown });
  const data = { section_id: row.id, fields: Object.keys(change), version: row.version };
  await record(parts, tx, { which, kind: 'section.updated', data });
  return row;
}

/** Longer texts are parsed in part: the last pages of a section are no reason to let other requests wait. */
const MOST_PARSED = 20_000;

/** The dates, durations and money of a member's text. */
function parseFields(content: string): SectionFields {
  return { ...fieldsIn(content.slice(0, MOST_PARSED)) };
}

async function moveIn(
  parts: SectionsParts,
  tx: Transaction,
  { which, place }: { readonly which: SectionOf; readonly place: Place },
): Promise<SectionRow> {
  const { accountId, scopeId, sectionId } = which;
  await lockForChange(tx, which);
  const [all, [present]] = await tx.runAll([ranksOf(accountId, scopeId), readSection(which)]);
  if (present === undefined) throw noSection();
  const others = all.filter(({ id }) => id !== sectionId);
  const anchor = 'after' in place ? place.after : place.before;
  const to = anchor === sectionId ? undefined : indexOf(others, place);
  if (to === undefined && anchor !== sectionId) throw noSection();
  // Where it is already it stays, and nothing is counted.
  if (to === undefined || to === all.findIndex(({ id }) => id === sectionId)) return present;
  const [rank = ''] = await roomIn(tx, { accountId, scopeId, present: others, place, count: 1 });
  const [row] = await tx.run(placeSection(which, rank));
  if (row === undefined) throw noSection();
  await raiseScopeVersion(parts, tx, { ...which, cause: 'edited', grown: undefined });
  await record(parts, tx, { which, kind: 'section.moved', data: { section_id: sectionId, rank } });
  return row;
}

async function removeIn(parts: SectionsParts, tx: Transaction, which: SectionOf): Promise<void> {
  await lockForChange(tx, which);
  const [present] = await tx.run(readSection(which));
  if (present === undefined) throw noSection();
  await tx.run(deleteSection(which));
  await raiseScopeVersion(parts, tx, { ...which, cause: 'edited', grown: -present.content.length });
  const data = { section_id: present.id, type: present.type };
  await record(parts, tx, { which, kind: 'section.deleted', data });
}

/** Keys for new sections at a place. Where there is no room, all sections are given places anew first. */
async function roomIn(
  tx: Transaction,
  asked: {
    readonly accountId: AccountId;
    readonly scopeId: string;
    readonly present: readonly RankedSection[];
    readonly place: Place;
    readonly count: number;
  },
): Promise<readonly string[]> {
  const { accountId, scopeId, present, place, count } = asked;
  const at = indexOf(present, place);
  if (at === undefined) throw noSection();
  const ranks = await ranksAt(present, at, count);
  if (ranks !== undefined) return ranks;
  const { placed, free } = await spread(present, at, count);
  await tx.run(placeAll(accountId, scopeId, placed));
  return free;
}

/** Raises the scope's version, and keeps it as it is now. `grown`: by so many characters; undefined: no text has changed. */
async function raiseScopeVersion(
  { versions }: SectionsParts,
  tx: Transaction,
  of: OfScope & { readonly cause: VersionCause; readonly grown: number | undefined },
): Promise<void> {
  const { accountId, scopeId, caller, cause, grown } = of;
  const version = versions.keeping({ accountId, scopeId, userId: caller.userId, cause });
  const [[scope]] = await tx.runAll([countChange(accountId, scopeId, grown !== undefined), version]);
  assertNotTooLong(scope?.characters ?? 0, grown ?? 0);
}

async function record(
  { changes }: SectionsParts,
  tx: Transaction,
  what: {
    readonly which: SectionOf;
    readonly kind: `section.${string}`;
    readonly data: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { accountId, caller, origin, scopeId } = what.which;
  await changes.recordIn(tx, { accountId, caller, origin, scopeId, kind: what.kind, data: what.data });
}

function noSection(): AppError {
  return new AppError('section_not_found');
}
