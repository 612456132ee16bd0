import {
  type AccountId,
  AppError,
  commitPoint,
  type Page,
  refusedChange,
  timeList,
  type TimePosition,
  type Transaction,
  type WorkKey,
} from 'plinth/product';
import type { By } from '../changes/service.ts';
import type { OrbitParts } from '../orbit-parts.ts';
import { type TemplateApplication, applyTemplateIn } from './apply-template.ts';
import type { WholeScope } from '../scopes/scope.ts';
import { createPublicTemplates, noTemplate } from './public.ts';
import {
  changeTemplate,
  deleteTemplate,
  insertTemplate,
  listTemplates,
  readTemplate,
  type TemplateChange,
  type TemplateRow,
  type TemplateSummary,
  type TemplateText,
} from './store.ts';

const CHANGE = commitPoint('orbit.template-change', 'another text of a workspace’s template');
const DELETE = commitPoint('orbit.template-delete', 'a template that the workspace has no more');

/** More than this is no choice. */
const MOST = 500;

/** Whose a template is: the workspace's own, or the operator's for all. */
export const VISIBILITIES = ['workspace', 'public'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** A template with whose it is. */
export type WithVisibility<Row extends TemplateSummary> = Row & { readonly visibility: Visibility };

/** A template that a member changes, of the version that they have read. */
export interface TemplateOf extends By {
  readonly id: string;
  readonly version: number | undefined;
}

/** A template that is applied by its id: the workspace's own, or else `shared`, the public one of this id, if there is one. */
export interface ChosenTemplate extends Omit<TemplateApplication, 'template'> {
  readonly id: string;
  readonly shared: TemplateRow | undefined;
}

const asOwn = <Row extends TemplateSummary>(row: Row): WithVisibility<Row> => ({
  ...row,
  visibility: 'workspace',
});

/** Templates: sections that scopes begin with. */
export function createTemplates(parts: OrbitParts) {
  const { db, ids, changes } = parts;
  const published = createPublicTemplates(parts);

  /** The workspace's and the public ones, newest first; or those of one kind alone. */
  async function list(
    accountId: AccountId,
    query: {
      readonly visibility?: Visibility | undefined;
      readonly cursor?: string | undefined;
      readonly limit: number;
    },
  ): Promise<Page<WithVisibility<TemplateSummary>>> {
    const { visibility, cursor, limit } = query;
    const templates = timeList('templates', { visibility });
    const after = templates.after(cursor);
    const [mine] =
      visibility === 'public'
        ? [[]]
        : await db.tenant(accountId, [listTemplates(accountId, { after, limit: limit + 1 })]);
    const theirs = visibility === 'workspace' ? [] : await published.all();
    const rows = [
      ...mine.map(asOwn),
      ...theirs
        .filter((row) => after === undefined || isOlder(row, after))
        .map((row) => ({ ...row, visibility: 'public' as const })),
    ].toSorted((one, other) => (isOlder(one, other) ? 1 : -1));
    return templates.page(rows.slice(0, limit + 1), limit);
  }

  /** The workspace's own, or a public one. */
  async function read({ accountId, id }: WorkKey): Promise<WithVisibility<TemplateRow>> {
    const [[row]] = await db.tenant(accountId, [readTemplate({ accountId, id })]);
    if (row !== undefined) return asOwn(row);
    const shared = await published.read(id);
    if (shared === undefined) throw noTemplate();
    return { ...shared, visibility: 'public' };
  }

  /** In the caller's transaction, which also stores the idempotency key. */
  async function addIn(
    tx: Transaction,
    by: By,
    template: TemplateText,
  ): Promise<WithVisibility<TemplateRow>> {
    const { accountId, caller } = by;
    const id = ids.next();
    const [row] = await tx.run(insertTemplate({ accountId, id, userId: caller.userId }, template, MOST));
    if (row === undefined) throw new AppError('template_limit', { details: { max: MOST } });
    await changes.recordLineIn(tx, { ...by, kind: 'template.created', data: { template_id: id } });
    return asOwn(row);
  }

  async function change(which: TemplateOf, asked: TemplateChange): Promise<WithVisibility<TemplateRow>> {
    const { id, version, ...by } = which;
    const key = { accountId: by.accountId, id };
    return db.tenant(by.accountId, CHANGE, async (tx) => {
      const [row] = await tx.run(changeTemplate({ ...key, version }, asked));
      if (row === undefined) throw refusedChange((await tx.run(readTemplate(key)))[0], noTemplate);
      await changes.recordLineIn(tx, { ...by, kind: 'template.updated', data: { template_id: id } });
      return asOwn(row);
    });
  }

  async function remove({ id, ...by }: Omit<TemplateOf, 'version'>): Promise<void> {
    await db.tenant(by.accountId, DELETE, async (tx) => {
      const [gone] = await tx.run(deleteTemplate({ accountId: by.accountId, id }));
      if (gone === undefined) throw noTemplate();
      await changes.recordLineIn(tx, { ...by, kind: 'template.deleted', data: { template_id: id } });
    });
  }

  /** In the caller's transaction, which also stores the idempotency key. Throws as `applyTemplateIn`, and `template_not_found`. */
  async function applyIn(tx: Transaction, { id, shared, ...applied }: ChosenTemplate): Promise<WholeScope> {
    const [row] = await tx.run(readTemplate({ accountId: applied.accountId, id }));
    const template = row ?? shared;
    if (template === undefined) throw noTemplate();
    return applyTemplateIn(parts, tx, { ...applied, template });
  }

  return { published, list, read, addIn, change, remove, applyIn };
}

/** Whether one stands after another in a list that is newest first. */
function isOlder(one: TimePosition, other: TimePosition): boolean {
  return one.at === other.at ? one.id < other.id : one.at < other.at;
}

export type Templates = ReturnType<typeof createTemplates>;
