import {
  type AccountId,
  AppError,
  commitPoint,
  type Permit,
  permitError,
  type ProductContext,
  purgeTrash,
  type Transaction,
} from 'plinth/product';
import type { By, Changes } from '../changes/service.ts';
import { copySections, listSections } from './sections/store.ts';
import type { VersionCause, Versions } from '../versions/service.ts';
import { assertNotTooLong } from './length.ts';
import { assertOpen, lockForChange, noScope, outdatedError } from './locking.ts';
import { openConflictsOf } from './open-conflicts.ts';
import type { ScopeRow, ScopeStatus, WholeScope } from './scope.ts';
import { findScopes, type ScopeSearch } from './search.ts';
import { movesFrom } from './statuses.ts';
import {
  changeScope,
  countChange,
  insertScope,
  lockScope,
  projectInUse,
  readScope,
  type NewScope,
  type ScopeChange,
  trash,
} from './store.ts';

const CREATE = commitPoint(
  'orbit.scope-create',
  'a scope, its place in the month and the answer under the request’s key',
);
const CHANGE = commitPoint('orbit.scope-change', 'a changed scope, its version and its row of the activity');
const PURGE = commitPoint('orbit.scopes-purged', 'scopes that were deleted 30 days ago are gone');

export interface ScopesParts extends ProductContext {
  readonly changes: Changes;
  readonly versions: Versions;
}

/** A scope that a member changes, of the version that they have read. */
export interface ScopeOf extends By {
  readonly scopeId: string;
  readonly version?: number | undefined;
}

/** Scopes of work. */
export function createScopes(parts: ScopesParts) {
  const { db } = parts;

  /** Throws `scope_not_found`, for one in the trash too. */
  async function read(accountId: AccountId, scopeId: string): Promise<WholeScope> {
    const [[scope], sections] = await db.tenant(accountId, [
      readScope(accountId, scopeId),
      listSections(accountId, scopeId),
    ]);
    if (scope === undefined || scope.deleted_at !== null) throw noScope();
    return { scope, sections };
  }

  /** A scope whose text may be changed, without its sections. Throws `scope_not_found`; `scope_frozen` of one that was sent or archived. */
  async function open(accountId: AccountId, scopeId: string): Promise<ScopeRow> {
    const [[scope]] = await db.tenant(accountId, [readScope(accountId, scopeId)]);
    return assertOpen(scope?.deleted_at === null ? scope : undefined);
  }

  return {
    read,
    open,
    find: (search: ScopeSearch) => findScopes(db, search),
    assertProject: (accountId: AccountId, id: string | null | undefined) =>
      db.tenant(accountId, (tx) => assertProjectIn(tx, accountId, id)),
    create: (by: ScopeCreationRequest, text: NewScope) => create(parts, by, text),
    duplicate: (by: ScopeCreationRequest, copied: CopyRequest) => duplicate(parts, by, copied),
    change: (which: ScopeOf, change: ScopeChange) => changeText(parts, which, change),
    setStatus: (which: ScopeOf, move: StatusMove) => setStatus(parts, which, move),
    remove: (which: ScopeOf) => remove(parts, which),
    restoreIn: (tx: Transaction, which: ScopeOf) => restoreIn(parts, tx, which),
    /** Deletes for good what was put into the trash more than 30 days ago, of all accounts. */
    purge: () => purgeTrash(db, trash, PURGE),
  };
}

export type Scopes = ReturnType<typeof createScopes>;

/** The member who makes a scope, under which permit. */
export interface ScopeCreationRequest extends By {
  readonly permit: Permit;
}

/** The scope to copy, and the copy's title: that of the scope when not said. */
export interface CopyRequest {
  readonly scopeId: string;
  readonly title: string | undefined;
}

/** One commit: the scope, its first version, its place in the month, and the answer under the request's key. */
async function create(parts: ScopesParts, by: ScopeCreationRequest, text: NewScope): Promise<ScopeRow> {
  const { ids } = parts;
  const key = { accountId: by.accountId, id: ids.next(), userId: by.caller.userId };
  return createIn(parts, { ...by, id: key.id, cause: 'created' }, async (tx) => {
    const [row] = await tx.run(insertScope(key, text));
    if (row === undefined) await assertProjectIn(tx, key.accountId, text.project_id);
    return row ?? throwNotFound();
  });
}

/** The same of a copy: a draft with all sections of a scope. */
async function duplicate(
  parts: ScopesParts,
  by: ScopeCreationRequest,
  { scopeId, title }: CopyRequest,
): Promise<ScopeRow> {
  const { accountId } = by;
  const key = { accountId, id: parts.ids.next(), userId: by.caller.userId };
  return createIn(parts, { ...by, id: key.id, cause: 'duplicated', from: scopeId }, async (tx) => {
    const [from] = await tx.run(lockScope(accountId, scopeId));
    if (from === undefined) throw noScope();
    const project = from.project_id === null ? [] : await tx.run(projectInUse(accountId, from.project_id));
    // A copy of a scope in an archived project is in no project.
    const project_id = project[0]?.archived === false ? from.project_id : null;
    const [row] = await tx.run(insertScope(key, { ...from, title: title ?? from.title, project_id }));
    if (row === undefined) return throwNotFound();
    const sections = await tx.run(listSections(accountId, scopeId));
    const ids = sections.map(({ id }) => ({ from: id, id: parts.ids.next() }));
    await tx.run(copySections(accountId, { scopeId: key.id, ids }));
    await tx.run(changeScope({ accountId, id: key.id, version: undefined }, { confidence: from.confidence }));
    const [whole] = await tx.run(countChange(accountId, key.id, true));
    const characters = whole?.characters ?? 0;
    assertNotTooLong(characters, characters);
    return whole ?? row;
  });
}

interface ScopeCreation extends ScopeCreationRequest {
  readonly id: string;
  readonly cause: VersionCause;
  readonly from?: string;
}

async function createIn(
  { db, changes, versions }: ScopesParts,
  { permit, id, cause, from, ...by }: ScopeCreation,
  insert: (tx: Transaction) => Promise<ScopeRow>,
): Promise<ScopeRow> {
  const { accountId, caller } = by;
  try {
    return await db.tenant(accountId, CREATE, async (tx) => {
      const row = await insert(tx);
      await versions.keepIn(tx, { accountId, scopeId: id, userId: caller.userId, cause });
      const data = { status: row.status, ...(from === undefined ? {} : { duplicate_of: from }) };
      await changes.recordIn(tx, { ...by, scopeId: id, kind: 'scope.created', data });
      await tx.runAll(permit.settlementWith({ status: 201, body: { id } }));
      return row;
    });
  } catch (error) {
    throw permitError(error);
  }
}

/** Changes what is said of a scope, of the version that was read if one is said: of several who change it, one wins. */
async function changeText(parts: ScopesParts, which: ScopeOf, change: ScopeChange): Promise<ScopeRow> {
  const { db, changes } = parts;
  const row = await db.tenant(which.accountId, CHANGE, async (tx) => {
    const present = await lockForChange(tx, which);
    assertVersion(present, which.version);
    if (change.project_id !== undefined && change.project_id !== present.project_id)
      await assertProjectIn(tx, which.accountId, change.project_id);
    return changedIn(parts, tx, { which, change, cause: 'edited' });
  });
  changes.moved(which.scopeId);
  return row;
}

export interface StatusMove {
  readonly status: ScopeStatus;
  /** Approved or sent although documents contradict each other in it. */
  readonly despiteConflicts: boolean;
}

async function setStatus(
  parts: ScopesParts,
  which: ScopeOf,
  { status, despiteConflicts }: StatusMove,
): Promise<ScopeRow> {
  const { db, changes } = parts;
  const row = await db.tenant(which.accountId, CHANGE, async (tx) => {
    const [present] = await tx.run(lockScope(which.accountId, which.scopeId));
    if (present === undefined) throw noScope();
    assertVersion(present, which.version);
    // Set again, it stays.
    if (present.status === status) return present;
    const allowed = movesFrom(present.status);
    if (!allowed.includes(status))
      throw new AppError('illegal_status', { details: { status: present.status, allowed } });
    if (!despiteConflicts && (status === 'approved' || status === 'sent')) await assertDecided(tx, which);
    const data = { before: present.status, after: status };
    return changedIn(parts, tx, { which, change: { status }, cause: 'status_changed', data });
  });
  changes.moved(which.scopeId);
  return row;
}

/** Throws `open_conflicts` while documents contradict each other, undecided. */
async function assertDecided(tx: Transaction, { accountId, scopeId }: ScopeOf): Promise<void> {
  const conflicts = openConflictsOf(await tx.run(listSections(accountId, scopeId)));
  if (conflicts.length > 0) throw new AppError('open_conflicts', { details: { conflicts } });
}

async function changedIn(
  { versions, changes }: ScopesParts,
  tx: Transaction,
  what: {
    readonly which: ScopeOf;
    readonly change: ScopeChange;
    readonly cause: VersionCause;
    readonly data?: object;
  },
): Promise<ScopeRow> {
  const { accountId, scopeId, caller, origin } = what.which;
  const [row] = await tx.run(changeScope({ accountId, id: scopeId, version: undefined }, what.change));
  if (row === undefined) throw noScope();
  await versions.keepIn(tx, { accountId, scopeId, userId: caller.userId, cause: what.cause });
  const data = { fields: Object.keys(what.change), version: row.version, ...what.data };
  const kind = what.cause === 'status_changed' ? 'scope.status_changed' : 'scope.updated';
  await changes.recordIn(tx, { accountId, caller, origin, scopeId, kind, data });
  return row;
}

/** Puts a scope into the trash, where it may lie already. */
async function remove({ db, changes }: ScopesParts, which: ScopeOf): Promise<void> {
  const { accountId, scopeId, caller, origin } = which;
  await db.tenant(accountId, CHANGE, async (tx) => {
    const [present] = await tx.run(readScope(accountId, scopeId));
    if (present === undefined) throw noScope();
    if (present.deleted_at !== null) return;
    await tx.run(trash.trashing(accountId, scopeId));
    await changes.recordIn(tx, { accountId, caller, origin, scopeId, kind: 'scope.deleted', data: {} });
  });
  changes.moved(scopeId);
}

/** Takes a scope out of the trash in the caller's transaction, which also stores the idempotency key; one in use stays as it is. */
async function restoreIn({ changes }: ScopesParts, tx: Transaction, which: ScopeOf): Promise<ScopeRow> {
  const { accountId, scopeId, caller, origin } = which;
  const [present] = await tx.run(readScope(accountId, scopeId));
  if (present === undefined) throw noScope();
  if (present.deleted_at === null) return present;
  const [, [row]] = await tx.runAll([trash.restoring(accountId, scopeId), readScope(accountId, scopeId)]);
  await changes.recordIn(tx, { accountId, caller, origin, scopeId, kind: 'scope.restored', data: {} });
  return row ?? throwNotFound();
}

function assertVersion(present: ScopeRow, version: number | undefined): void {
  if (version !== undefined && present.version !== version) throw outdatedError(present);
}

/** Throws where scopes can't be put into a project: `project_not_found`, `project_archived`. */
async function assertProjectIn(
  tx: Transaction,
  accountId: AccountId,
  id: string | null | undefined,
): Promise<void> {
  if (id === null || id === undefined) return;
  const [project] = await tx.run(projectInUse(accountId, id));
  if (project === undefined) throw new AppError('project_not_found');
  if (project.archived) throw new AppError('project_archived');
}

function throwNotFound(): never {
  throw noScope();
}
