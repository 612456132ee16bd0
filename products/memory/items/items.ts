import {
  actorOf,
  AppError,
  type commitPoint,
  type DataKey,
  type Page,
  type ProductContext,
  refusedChange,
  type Statement,
  timeList,
  type TimePosition,
  type Transaction,
} from 'plinth/product';
import {
  type AskedAudience,
  type Audience,
  type ChangeRequest,
  type ItemKey,
  type ItemRow,
  type Level,
  type MemberKey,
  scopeOf,
} from '../levels.ts';
import { levelProblem } from './store.ts';

type CommitPoint = ReturnType<typeof commitPoint>;
type Context = Pick<ProductContext, 'db' | 'plan' | 'dataKeys' | 'audit' | 'privacy'>;

/** One kind of items: its statements, and how a row is opened. */
export interface ItemKind<Row, Open extends ItemRow> {
  /** In the audit. */
  readonly name: 'memory_session' | 'memory_decision' | 'memory_document' | 'memory_pattern';
  readonly notFound:
    | 'memory_session_not_found'
    | 'decision_not_found'
    | 'context_document_not_found'
    | 'pattern_not_found';
  readonly commits: { readonly change: CommitPoint; readonly remove: CommitPoint };
  /** No row: the member may not read it. */
  readonly read: (item: ItemKey) => Statement<Row>;
  readonly open: (key: DataKey, member: MemberKey, row: Row) => Open;
  /** Answers `changed`, `unchanged`, or why not. */
  readonly setLevel: (id: string, audience: Audience) => Statement<{ outcome: string }>;
  /** No row: it is not the member's. */
  readonly remove: (item: ItemKey) => Statement<object>;
}

/** Errors of levels that SQL functions refuse; for all others the item is not there. */
const REFUSALS: ReadonlyMap<
  string,
  'author_only' | 'organization_only' | 'team_not_found' | 'sources_more_private'
> = new Map([
  ['not_yours', 'author_only'],
  ['personal', 'organization_only'],
  ['no_team', 'team_not_found'],
  ['sources', 'sources_more_private'],
]);

const HEIGHTS: Readonly<Record<Level, number>> = { private: 0, team: 1, organization: 2 };

/** A change of a level; without `level` it stays. */
export interface LevelChange {
  readonly level?: Level | undefined;
  readonly teamId?: string | null | undefined;
}

/** A page that is asked for. */
export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Where a page begins, and how many rows are read for it. */
export interface ListRange {
  readonly after: TimePosition | undefined;
  readonly limit: number;
}

/** A list, newest first. */
interface ItemList<Filters, Listed, Shown> {
  /** In its cursors, with its filters. */
  readonly name: string;
  readonly rows: (member: MemberKey, query: Filters & ListRange) => Statement<Listed & TimePosition>;
  readonly open: (key: DataKey, member: MemberKey, row: Listed) => Shown;
}

/** Items of one kind: who may read, share, change and delete them is the same for all. */
export function createItems<Row, Open extends ItemRow>(context: Context, kind: ItemKind<Row, Open>) {
  const { db, plan, dataKeys, audit, privacy } = context;
  const missing = () => new AppError(kind.notFound);
  const refusalOf = (problem: string) => new AppError(REFUSALS.get(problem) ?? kind.notFound);

  async function read(item: ItemKey): Promise<Open> {
    const key = await dataKeys.of(item.accountId);
    const [[row]] = await db.member(scopeOf(item), [kind.read(item)]);
    if (row === undefined) throw missing();
    return kind.open(key, item, row);
  }

  /** A caller who is not its author may not read it, or may not write. */
  const whyNotOwn = (tx: Transaction, item: ItemKey) => refuseOthers(tx, kind.read(item), kind.notFound);

  /**
   * Throws where an account can share nothing, with any team: a personal account has no other members, and no plan
   * changes that; an organization needs a plan with `team_sharing`.
   */
  async function assertSharing(member: MemberKey): Promise<void> {
    const [[given]] = await db.member(scopeOf(member), [levelProblem('organization', null)]);
    if (given?.problem === 'personal') throw new AppError('organization_only');
    await plan.assertGrants(member.accountId, 'team_sharing');
  }

  /** The audience that a call asks for; else the member's default, or `private` where that can't be given now. */
  async function audienceOf(member: MemberKey, { level, teamId }: AskedAudience): Promise<Audience> {
    assertLevel({ level: level ?? 'private', teamId });
    if (level !== undefined) return { level, teamId };
    const own = await privacy.defaultAudience(member.accountId, member.userId);
    if (own.level === 'private') return own;
    try {
      await plan.assertGrants(member.accountId, 'team_sharing');
      return own;
    } catch (error) {
      if (error instanceof AppError && error.code === 'plan_required')
        return { level: 'private', teamId: null };
      throw error;
    }
  }

  async function setLevel(
    tx: Transaction,
    { accountId, id, caller, origin }: ItemKey & ChangeRequest,
    audience: Audience,
  ): Promise<void> {
    const [set] = await tx.run(kind.setLevel(id, audience));
    if (set?.outcome === 'unchanged') return;
    if (set?.outcome !== 'changed') throw refusalOf(set?.outcome ?? 'missing');
    await audit.recordIn(tx, {
      action: 'coditect.memory.level_changed',
      actor: actorOf(caller),
      accountId,
      target: { kind: kind.name, id },
      changes: { level: audience.level },
      origin,
    });
  }

  return {
    read,
    whyNotOwn,

    /** Stores an item of a level that the member may give, or of their default, and what it takes of the plan. */
    async create<Result>(
      member: MemberKey,
      { commit, ...asked }: AskedAudience & { readonly commit: CommitPoint },
      store: (tx: Transaction, key: DataKey, audience: Audience) => Promise<Result>,
    ): Promise<Result> {
      const { level, teamId } = await audienceOf(member, asked);
      if (asked.level !== undefined && level !== 'private') await assertSharing(member);
      const key = await dataKeys.of(member.accountId);
      try {
        return await db.member(scopeOf(member), commit, async (tx) => {
          const [given] = await tx.run(levelProblem(level, teamId));
          if (typeof given?.problem === 'string') throw refusalOf(given.problem);
          return store(tx, key, { level, teamId });
        });
      } catch (error) {
        // The team of its level may be deleted meanwhile.
        throw plan.gaugeRefusal(
          isMissingReference(error) ? new AppError('team_not_found', { cause: error }) : error,
        );
      }
    },

    async list<Filters extends object, Listed, Shown>(
      member: MemberKey,
      { name, rows, open }: ItemList<Filters, Listed, Shown>,
      { filters, cursor, limit }: PageRequest & { readonly filters: Filters },
    ): Promise<Page<Shown>> {
      const listed = timeList(name, filters);
      const after = listed.after(cursor);
      const key = await dataKeys.of(member.accountId);
      const [found] = await db.member(scopeOf(member), [
        rows(member, { ...filters, after, limit: limit + 1 }),
      ]);
      const { data, next_cursor } = listed.page(found, limit);
      return { data: data.map((row) => open(key, member, row)), next_cursor };
    },

    /** Its author changes all of it; an admin lowers its level. `isShown`: the caller may still read it. */
    async change(
      item: ItemKey & ChangeRequest,
      { level, teamId = null }: LevelChange,
      write: (tx: Transaction, key: DataKey) => Promise<void> = () => Promise.resolve(),
    ): Promise<{ readonly row: Open; readonly isShown: boolean }> {
      if (level !== undefined) assertLevel({ level, teamId });
      const before = await read(item);
      if (level !== undefined && HEIGHTS[level] > HEIGHTS[before.level]) await assertSharing(item);
      const key = await dataKeys.of(item.accountId);
      return db.member(scopeOf(item), kind.commits.change, async (tx) => {
        await write(tx, key);
        if (level !== undefined) await setLevel(tx, item, { level, teamId });
        const [row] = await tx.run(kind.read(item));
        return row === undefined
          ? // An admin who lowers it may read it no more: they are answered what it is now.
            { row: { ...before, level: level ?? before.level, team_id: teamId }, isShown: false }
          : { row: kind.open(key, item, row), isShown: true };
      });
    },

    /** Throws where the version that `lock` finds is another one. Undefined: any will do. */
    async assertVersion(
      tx: Transaction,
      lock: Statement<{ version: number }>,
      version: number | undefined,
    ): Promise<void> {
      if (version === undefined) return;
      const [present] = await tx.run(lock);
      if (present?.version !== version) throw refusedChange(present, missing);
    },

    async remove(item: ItemKey): Promise<void> {
      await db.member(scopeOf(item), kind.commits.remove, async (tx) => {
        const [gone] = await tx.run(kind.remove(item));
        if (gone === undefined) throw await whyNotOwn(tx, item);
      });
    },
  };
}

/** Inserts a row, or finds the one to which its author has given the same name. */
export async function insertOnce<Row>(
  tx: Transaction,
  insert: Statement<Row>,
  known: Statement<Row>,
): Promise<{ readonly row: Row; readonly isNew: boolean }> {
  const [made] = await tx.run(insert);
  const [row] = made === undefined ? await tx.run(known) : [made];
  if (row === undefined) throw new AppError('conflict');
  return { row, isNew: made !== undefined };
}

/** The error of a caller who is not an item's author: they may not read it, or may not write. */
export async function refuseOthers(
  tx: Transaction,
  read: Statement,
  notFound: ItemKind<unknown, ItemRow>['notFound'],
): Promise<AppError> {
  const [row] = await tx.run(read);
  return new AppError(row === undefined ? notFound : 'author_only');
}

/** Whether the named thing was deleted before it was referred to. */
export const isMissingReference = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23503';

function assertLevel({ level, teamId }: Audience): void {
  if ((level === 'team') === (teamId !== null)) return;
  throw new AppError('validation_failed', {
    details: { issues: [{ path: 'team_id', message: 'Say it with the level team, and with no other.' }] },
  });
}
