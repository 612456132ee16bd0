import {
  type AccountId,
  microsecondsOf,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  trashOf,
  type UserId,
  valuesOf,
  versionUpdate,
  type WhichVersion,
  type WorkKey,
} from 'plinth/product';

export const GOAL_STATUSES = ['active', 'paused', 'achieved', 'dropped'] as const;
export type GoalStatus = (typeof GOAL_STATUSES)[number];
export const SOURCES = ['own', 'suggested'] as const;
export type Source = (typeof SOURCES)[number];

/** Goals that were deleted; their actions go with them. */
export const trash = trashOf('prism.lens_goals');

export interface GoalRow {
  readonly id: string;
  readonly title: string;
  readonly why: string | null;
  readonly target_date: string | null;
  readonly status: GoalStatus;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const GOAL = 'id, title, why, target_date::text as target_date, status, version, created_at, updated_at';

export interface NewGoal {
  readonly title: string;
  readonly why: string | null;
  readonly target_date: string | null;
}

export function insertGoal(
  { accountId, id, userId }: WorkKey & { readonly userId: UserId },
  { title, why, target_date }: NewGoal,
): Statement<GoalRow> {
  return statement<GoalRow>(
    `insert into prism.lens_goals (account_id, id, user_id, title, why, target_date) values ($1, $2, $3, $4, $5, $6) returning ${GOAL}`,
    [accountId, id, userId, title, why, target_date],
  );
}

/** A goal that is in use. */
export function readGoal({ accountId, id }: WorkKey): Statement<GoalRow> {
  return statement<GoalRow>(
    `select ${GOAL} from prism.lens_goals where account_id = $1 and id = $2 and not trashed`,
    [accountId, id],
  );
}

export interface GoalQuery {
  readonly status: GoalStatus | undefined;
  readonly after: TimePosition | undefined;
  readonly limit: number;
}

/** Newest first, from a place in that order on. */
export function listGoals(accountId: AccountId, query: GoalQuery): Statement<GoalRow & TimePosition> {
  const { values, put } = valuesOf(accountId, query.limit);
  const { status, after } = query;
  const conditions = [
    'account_id = $1',
    'not trashed',
    ...(status === undefined ? [] : [`status = ${put(status)}`]),
    ...olderThan(after, put),
  ];
  return statement<GoalRow & TimePosition>(
    `select ${GOAL}, ${microsecondsOf('created_at')} as at from prism.lens_goals where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $2`,
    values,
  );
}

export type GoalChange = {
  readonly [Field in 'title' | 'why' | 'target_date' | 'status']?: GoalRow[Field] | undefined;
};

/** Changes a goal of this version (any, when not said). No row: there is none, or it has another version. */
export function changeGoal(which: WhichVersion, change: GoalChange): Statement<GoalRow> {
  const { text, values } = versionUpdate({ table: 'prism.lens_goals', returning: GOAL }, which, (put) => ({
    sets: Object.entries(change).map(([field, value]) => `${field} = ${put(value)}`),
    where: ['not trashed'],
  }));
  return statement<GoalRow>(text, values);
}

export interface ActionRow {
  readonly id: string;
  readonly goal_id: string;
  readonly title: string;
  readonly due: string | null;
  readonly source: Source;
  readonly done_at: Date | null;
  readonly done_on: string | null;
  readonly version: number;
  readonly created_at: Date;
}

const ACTION =
  'id, goal_id, title, due::text as due, source, done_at, done_on::text as done_on, version, created_at';

export interface NewAction {
  readonly title: string;
  readonly due: string | null;
  readonly source: Source;
}

/** An action of a goal that is in use. No row: there is no such goal. */
export function insertAction(
  { accountId, id, goalId }: WorkKey & { readonly goalId: string },
  { title, due, source }: NewAction,
): Statement<ActionRow> {
  return statement<ActionRow>(
    `insert into prism.lens_actions (account_id, id, goal_id, title, due, source)
     select account_id, $3, id, $4, $5::date, $6 from prism.lens_goals where account_id = $1 and id = $2 and not trashed
     returning ${ACTION}`,
    [accountId, goalId, id, title, due, source],
  );
}

/** Actions of a goal, the oldest first; at most so many. */
export function readActions(accountId: AccountId, goalId: string, most: number): Statement<ActionRow> {
  return statement<ActionRow>(
    `select ${ACTION} from prism.lens_actions where account_id = $1 and goal_id = $2 order by created_at, id limit $3`,
    [accountId, goalId, most],
  );
}

/** An action of a goal that is in use. */
export function readAction({ accountId, id }: WorkKey): Statement<ActionRow> {
  return statement<ActionRow>(
    `select ${ACTION} from prism.lens_actions a where a.account_id = $1 and a.id = $2 and ${OF_GOAL_IN_USE}`,
    [accountId, id],
  );
}

const OF_GOAL_IN_USE = `exists (
       select from prism.lens_goals g where g.account_id = $1 and g.id = a.goal_id and not g.trashed)`;

export interface ActionChange {
  readonly title?: string | undefined;
  readonly due?: string | null | undefined;
  readonly done?: boolean | undefined;
}

/**
 * Changes an action of this version (any, when not said). Done again, it keeps the day on which it was done first. No row: there
 * is none, or it has another version.
 */
export function changeAction(
  which: WhichVersion,
  { title, due, done }: ActionChange,
  zone: string,
): Statement<ActionRow> {
  const { text, values } = versionUpdate(
    { table: 'prism.lens_actions a', returning: ACTION },
    which,
    (put) => ({
      sets: [
        ...(title === undefined ? [] : [`title = ${put(title)}`]),
        ...(due === undefined ? [] : [`due = ${put(due)}::date`]),
        ...doneOf(done, () => put(zone)),
      ],
      where: [OF_GOAL_IN_USE],
    }),
  );
  return statement<ActionRow>(text, values);
}

function doneOf(done: boolean | undefined, zone: () => string): string[] {
  if (done === undefined) return [];
  if (!done) return ['done_at = null', 'done_on = null'];
  return [
    'done_at = coalesce(done_at, app.now())',
    `done_on = coalesce(done_on, (app.now() at time zone ${zone()})::date)`,
  ];
}

/** Days in a row on which something was done for a goal: those up to today or yesterday, and the most that there ever were. */
export interface StreakRow {
  readonly current: number;
  readonly longest: number;
}

export function readStreak(
  accountId: AccountId,
  of: { readonly goalId: string; readonly zone: string },
): Statement<StreakRow> {
  return statement<StreakRow>(
    `with days as (
       select distinct done_on as day from prism.lens_actions where account_id = $1 and goal_id = $2 and done_on is not null),
     runs as (
       select count(*)::int as length, max(day) as last
       from (select day, day - (row_number() over (order by day))::int as run from days) as numbered group by run)
     select coalesce(max(length) filter (where last >= (app.now() at time zone $3)::date - 1), 0) as current,
       coalesce(max(length), 0) as longest from runs`,
    [accountId, of.goalId, of.zone],
  );
}
