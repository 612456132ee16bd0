import {
  actorOf,
  AppError,
  type Caller,
  commitPoint,
  createReadCache,
  type Origin,
  type ProductContext,
  refusedChange,
  type TimePosition,
  type Transaction,
} from 'plinth/product';
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

/** A platform admin at work on a template that all workspaces have. */
export interface ByOperator {
  readonly caller: Caller;
  readonly origin: Origin;
}

/** Templates that the operator published for all workspaces: kept for seconds in each process, and dropped when one changes. */
export function createPublicTemplates({
  db,
  ids,
  clock,
  audit,
}: Pick<ProductContext, 'db' | 'ids' | 'clock' | 'audit'>) {
  const lists = createReadCache<readonly (TemplateSummary & TimePosition)[]>({ db, clock, topic: PUBLISHED });
  const wholes = createReadCache<TemplateRow | undefined>({ db, clock, topic: PUBLISHED });
  const signalChange = () => db.signal(PUBLISHED, ALL);

  const listAll = () =>
    lists.get(ALL, ALL, async () => {
      const [rows] = await db.system('orbit.public-templates', [publicTemplates(MOST)]);
      return rows;
    });

  /** Undefined: there is no such public template. */
  async function read(id: string): Promise<TemplateRow | undefined> {
    // An unknown id asks no database, and takes no room in the cache.
    if (!(await listAll()).some((one) => one.id === id)) return undefined;
    return wholes.get(ALL, id, async () => {
      const [[row]] = await db.system('orbit.public-templates', [readPublicTemplate(id)]);
      return row;
    });
  }

  const auditIn = (
    tx: Transaction,
    { caller, origin }: ByOperator,
    { id, event }: { readonly id: string; readonly event: 'published' | 'changed' | 'withdrawn' },
  ) =>
    audit.recordIn(tx, {
      action: `orbit.template.${event}`,
      actor: actorOf(caller),
      target: { kind: 'template', id },
      origin,
    });

  return {
    all: listAll,
    read,
    /** In the caller's transaction, which also stores the idempotency key; call `changed` after the commit. */
    async publishIn(tx: Transaction, by: ByOperator, template: TemplateText): Promise<TemplateRow> {
      const [row] = await tx.run(insertPublicTemplate(ids.next(), template, MOST));
      if (row === undefined) throw new AppError('template_limit', { details: { max: MOST } });
      await auditIn(tx, by, { id: row.id, event: 'published' });
      return row;
    },
    changed: signalChange,
    async change(
      which: ByOperator & { readonly id: string; readonly version: number | undefined },
      change: TemplateChange,
    ): Promise<TemplateRow> {
      const row = await db.system('orbit.public-templates', CHANGE, async (tx) => {
        const [made] = await tx.run(changePublicTemplate(which, change));
        if (made === undefined)
          throw refusedChange((await tx.run(readPublicTemplate(which.id)))[0], noTemplate);
        await auditIn(tx, which, { id: which.id, event: 'changed' });
        return made;
      });
      signalChange();
      return row;
    },
    async remove({ id, ...by }: ByOperator & { readonly id: string }): Promise<void> {
      await db.system('orbit.public-templates', DELETE, async (tx) => {
        const [gone] = await tx.run(deletePublicTemplate(id));
        if (gone === undefined) throw noTemplate();
        await auditIn(tx, by, { id, event: 'withdrawn' });
      });
      signalChange();
    },
  };
}

export type PublicTemplates = ReturnType<typeof createPublicTemplates>;

export function noTemplate(): AppError {
  return new AppError('template_not_found');
}
