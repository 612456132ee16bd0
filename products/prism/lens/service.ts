import {
  type AccountId,
  AppError,
  commitPoint,
  type Page,
  type ProductContext,
  purgeTrash,
  refusedChange,
  timeList,
  type Transaction,
  type UserId,
  type WhichVersion,
  type WorkKey,
} from 'plinth/product';
import {
  type ActionChange,
  type ActionRow,
  changeAction,
  changeGoal,
  type GoalChange,
  type GoalRow,
  type GoalStatus,
  insertAction,
  insertGoal,
  listGoals,
  type NewAction,
  type NewGoal,
  readAction,
  readActions,
  readGoal,
  readStreak,
  type StreakRow,
  trash,
} from './store.ts';

const CHANGE = commitPoint('prism.goal-change', 'a changed goal or action');
const DELETE = commitPoint('prism.goal-delete', 'a goal in the trash, with its actions');
const PURGE = commitPoint('prism.goals-purged', 'goals that were deleted 30 days ago are gone');

/** A prompt is told of no more actions than these. */
export const MOST_ACTIONS_READ = 50;
/** More actions of one goal are not read. */
const MOST_ACTIONS = 500;

/** A goal with its actions, and the days in a row on which something was done for it. */
export interface WholeGoal {
  readonly goal: GoalRow;
  readonly actions: readonly ActionRow[];
  readonly streak: StreakRow;
}

/** Lens: goals, and the small actions that lead there. */
export function createLens({ db, ids, accounts }: ProductContext) {
  const zoneOf = async (accountId: AccountId) => (await accounts.settings.get(accountId)).time_zone;

  /** Stores a goal in the caller's transaction, which also stores the idempotency key. */
  async function addIn(
    tx: Transaction,
    owner: { readonly accountId: AccountId; readonly userId: UserId },
    goal: NewGoal,
  ): Promise<GoalRow> {
    const [row] = await tx.run(insertGoal({ ...owner, id: ids.next() }, goal));
    return row ?? noGoal();
  }

  async function read(key: WorkKey): Promise<WholeGoal> {
    const { accountId, id } = key;
    const zone = await zoneOf(accountId);
    const [[goal], actions, [streak = { current: 0, longest: 0 }]] = await db.tenant(accountId, [
      readGoal(key),
      readActions(accountId, id, MOST_ACTIONS),
      readStreak(accountId, { goalId: id, zone }),
    ]);
    return { goal: goal ?? noGoal(), actions, streak };
  }

  /** The texts of a goal and of the actions that a prompt gets. Throws `not_found`. */
  async function writtenIn({
    accountId,
    id,
  }: {
    accountId: AccountId | undefined;
    id: string;
  }): Promise<string> {
    if (accountId === undefined) return '';
    const [[goal], actions] = await db.tenant(accountId, [
      readGoal({ accountId, id }),
      readActions(accountId, id, MOST_ACTIONS_READ),
    ]);
    return textOf(goal ?? noGoal(), actions);
  }

  /** Newest first. */
  async function list(
    accountId: AccountId,
    query: {
      readonly status?: GoalStatus | undefined;
      readonly cursor?: string | undefined;
      readonly limit: number;
    },
  ): Promise<Page<GoalRow>> {
    const { status, cursor, limit } = query;
    const goals = timeList('goals', { status });
    const [rows] = await db.tenant(accountId, [
      listGoals(accountId, { status, after: goals.after(cursor), limit: limit + 1 }),
    ]);
    return goals.page(rows, limit);
  }

  /** Changes a goal, of the version that was read if one is said: of several who change the same one, one wins. */
  async function change(which: WhichVersion, changes: GoalChange): Promise<GoalRow> {
    const [[changed], [present]] = await db.tenant(which.accountId, CHANGE, [
      changeGoal(which, changes),
      readGoal(which),
    ]);
    if (changed === undefined) throw refusedChange(present, missingGoal);
    return changed;
  }

  async function remove(key: WorkKey): Promise<void> {
    await db.tenant(key.accountId, DELETE, async (tx) => {
      const [row] = await tx.run(readGoal(key));
      if (row === undefined) throw missingGoal();
      await tx.run(trash.trashing(key.accountId, key.id));
    });
  }

  /** Stores an action, written by the user or accepted from the suggestions, in the caller's transaction, which also stores the key. */
  async function addActionIn(tx: Transaction, goal: WorkKey, action: NewAction): Promise<ActionRow> {
    const key = { accountId: goal.accountId, id: ids.next(), goalId: goal.id };
    const [row] = await tx.run(insertAction(key, action));
    return row ?? noGoal();
  }

  /** Changes an action; one that is done already keeps its day. */
  async function changeActionOf(which: WhichVersion, changes: ActionChange): Promise<ActionRow> {
    const zone = await zoneOf(which.accountId);
    const [[changed], [present]] = await db.tenant(which.accountId, CHANGE, [
      changeAction(which, changes, zone),
      readAction(which),
    ]);
    if (changed === undefined) throw refusedChange(present, missingAction);
    return changed;
  }

  const purge = () => purgeTrash(db, trash, PURGE);
  return { addIn, read, writtenIn, list, change, remove, addActionIn, changeAction: changeActionOf, purge };
}

export function textOf(
  { title, why }: Pick<GoalRow, 'title' | 'why'>,
  actions: readonly Pick<ActionRow, 'title'>[],
): string {
  return [title, why ?? '', ...actions.map((action) => action.title)].join('\n');
}

export function missingGoal(): AppError {
  return new AppError('not_found', { message: 'There is no such goal.' });
}

function noGoal(): never {
  throw missingGoal();
}

function missingAction(): AppError {
  return new AppError('not_found', { message: 'There is no such action.' });
}
