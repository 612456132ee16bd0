import { commitPoint, type Database, keepUntil, type Transaction } from '#platform/db';
import { type Clock, AppError, type Ids } from '#platform/kernel';
import { refusedChange, type TimePosition } from '#platform/product';
import {
  changePublicTemplate,
  deletePublicTemplate,
  insertPublicTemplate,
  publicTemplates,
  readPublicTemplate,
  type TemplateChange,
  type TemplateRow,
  type TemplateSummary,
  type TemplateText,
} from './store.ts';

const CHANGE = commitPoint('orbit.public-template-change', 'another text of a template for all workspaces');
const DELETE = commitPoint('orbit.public-template-delete', 'a template that workspaces have no more');

/** All of them are kept in each process. */
const MOST = 200;
const PUBLISHED = 'orbit.public-templates';
const ALL = 'all';

/** Templates that the operator published for all workspaces: kept for seconds in each process, and dropped when one changes. */
export function createPublicTemplates({
  db,
  ids,
  clock,
}: {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
}) {
  const lists = keepUntil<readonly (TemplateSummary & TimePosition)[]>({ db, clock, topic: PUBLISHED });
  const wholes = keepUntil<TemplateRow | undefined>({ db, clock, topic: PUBLISHED });
  const changed = () => db.signal(PUBLISHED, ALL);

  const all = () =>
    lists.get(ALL, ALL, async () => {
      const [rows] = await db.system('orbit.public-templates', [publicTemplates(MOST)]);
      return rows;
    });

  /** Undefined: there is no such public template. */
  async function read(id: string): Promise<TemplateRow | undefined> {
    // What is not there is not asked for, and takes no room.
    if (!(await all()).some((one) => one.id === id)) return undefined;
    return wholes.get(ALL, id, async () => {
      const [[row]] = await db.system('orbit.public-templates', [readPublicTemplate(id)]);
      return row;
    });
  }

  return {
    all,
    read,
    /** In the transaction of whoever counts the request's key; call `changed` after the commit. */
    async publishIn(tx: Transaction, template: TemplateText): Promise<TemplateRow> {
      const [row] = await tx.run(insertPublicTemplate(ids.next(), template, MOST));
      if (row === undefined) throw new AppError('template_limit', { details: { max: MOST } });
      return row;
    },
    changed,
    async change(
      which: { readonly id: string; readonly version: number | undefined },
      change: TemplateChange,
    ): Promise<TemplateRow> {
      const [[row], [present]] = await db.system('orbit.public-templates', CHANGE, [
        changePublicTemplate(which, change),
        readPublicTemplate(which.id),
      ]);
      changed();
      if (row === undefined) throw refusedChange(present, noTemplate);
      return row;
    },
    async remove(id: string): Promise<void> {
      const [[gone]] = await db.system('orbit.public-templates', DELETE, [deletePublicTemplate(id)]);
      changed();
      if (gone === undefined) throw noTemplate();
    },
  };
}

export type PublicTemplates = ReturnType<typeof createPublicTemplates>;

export function noTemplate(): AppError {
  return new AppError('template_not_found');
}
