import {
  type AccountId,
  AppError,
  commitPoint,
  type Page,
  type ProductContext,
  timeList,
  type Transaction,
  type WorkKey,
} from 'plinth/product';
import type { By } from '../changes/service.ts';
import {
  changeProject,
  deleteProject,
  insertProject,
  listProjects,
  type ProjectChange,
  type ProjectRow,
  type ProjectText,
  readProject,
} from './store.ts';

const CHANGE = commitPoint(
  'orbit.project-change',
  'a changed or deleted project, and its row of the activity',
);

/** A project that a user changes, of the version that they have read. */
export interface ProjectOf extends By {
  readonly id: string;
  readonly version?: number | undefined;
}

/** Projects of clients, which scopes are sorted by. */
export function createProjects({ db, ids, activity }: ProductContext) {
  const record = (tx: Transaction, { accountId, caller, origin, id }: ProjectOf, action: string) =>
    activity.recordIn(tx, { accountId, caller, origin, action, target: { kind: 'project', id } });

  /** Stores a project in the caller's transaction, which also stores the idempotency key. */
  async function addIn(tx: Transaction, by: By, project: ProjectText): Promise<ProjectRow> {
    const key = { accountId: by.accountId, id: ids.next(), userId: by.caller.userId };
    const [row] = await tx.run(insertProject(key, project));
    await record(tx, { ...by, id: key.id }, 'created');
    return row ?? throwNotFound();
  }

  async function read(key: WorkKey): Promise<ProjectRow> {
    const [[row]] = await db.tenant(key.accountId, [readProject(key)]);
    return row ?? throwNotFound();
  }

  /** Newest first. */
  async function list(
    accountId: AccountId,
    query: {
      readonly archived: boolean;
      readonly client_name?: string | undefined;
      readonly cursor?: string | undefined;
      readonly limit: number;
    },
  ): Promise<Page<ProjectRow>> {
    const { archived, client_name, cursor, limit } = query;
    const projects = timeList('projects', { archived, client_name });
    const after = projects.after(cursor);
    const [rows] = await db.tenant(accountId, [
      listProjects(accountId, { archived, client_name, after, limit: limit + 1 }),
    ]);
    return projects.page(rows, limit);
  }

  /** Changes a project, of the version that was read if one is said. */
  function change(which: ProjectOf, changes: ProjectChange): Promise<ProjectRow> {
    const { accountId, id, version } = which;
    return db.tenant(accountId, CHANGE, async (tx) => {
      const [row] = await tx.run(changeProject({ accountId, id, version }, changes));
      const [present] = row === undefined ? await tx.run(readProject({ accountId, id })) : [];
      if (row === undefined && present === undefined) return throwNotFound();
      if (row === undefined) throw new AppError('precondition_failed');
      await record(tx, which, actionOf(changes));
      return row;
    });
  }

  async function remove(which: ProjectOf): Promise<void> {
    await db.tenant(which.accountId, CHANGE, async (tx) => {
      const [gone] = await tx.run(deleteProject(which));
      if (gone === undefined) throwNotFound();
      await record(tx, which, 'deleted');
    });
  }

  return { addIn, read, list, change, remove };
}

function actionOf({ archived }: ProjectChange): string {
  if (archived === undefined) return 'updated';
  return archived ? 'archived' : 'unarchived';
}

function throwNotFound(): never {
  throw new AppError('project_not_found');
}

export type Projects = ReturnType<typeof createProjects>;
