import { namedObject, safetySchema } from 'plinth/product';
import { z } from 'zod';
import { shownSupport, supportSchema } from '../safety.ts';
import { day } from '../words.ts';
import type { WholeGoal } from './service.ts';
import type { SuggestionsResult } from './suggestions.ts';
import { type ActionRow, GOAL_STATUSES, type GoalRow, SOURCES } from './store.ts';

const goalFields = {
  id: z.uuid(),
  title: z.string(),
  why: z.string().nullable(),
  target_date: day.nullable(),
  status: z.enum(GOAL_STATUSES),
  version: z.int().describe('Counts your changes; the ETag of the goal.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
};

/** A goal as lists answer it. */
export const goal = namedObject('Goal', goalFields);

/** One that was set or changed, with words and helplines where what is said in it asks for them. */
export const keptGoal = namedObject('KeptGoal', { ...goalFields, support: supportSchema });

const actionFields = {
  id: z.uuid(),
  goal_id: z.uuid(),
  title: z.string(),
  due: day.nullable(),
  source: z.enum(SOURCES),
  done: z.boolean(),
  done_at: z.iso.datetime().nullable(),
  done_on: day.nullable().describe('The day on which it was done, where you were.'),
  version: z.int(),
  created_at: z.iso.datetime(),
};

export const action = namedObject('Action', actionFields);

/** The same as of a goal. */
export const keptAction = namedObject('KeptAction', { ...actionFields, support: supportSchema });

export const wholeGoal = namedObject('GoalDetail', {
  ...goalFields,
  actions: z.array(action),
  streak: namedObject('Streak', {
    current: z.int().describe('Days in a row, up to today or yesterday, on which you did something for it.'),
    longest: z.int(),
  }),
});

export const suggested = namedObject('Suggestions', {
  safety: safetySchema,
  suggestions: z
    .array(namedObject('Suggestion', { title: z.string(), why: z.string() }))
    .describe('None where the goal speaks of a crisis.'),
  support: supportSchema,
});

export function shownSuggested({ suggestions, support }: SuggestionsResult): z.input<typeof suggested> {
  const { status, kinds } = support.safety;
  return {
    safety: { status, kinds: [...kinds] },
    suggestions: suggestions.map(({ title, why }) => ({ title, why })),
    support: shownSupport(support),
  };
}

export function shownGoal(row: GoalRow): z.input<typeof goal> {
  const { id, title, why, target_date, status, version, created_at, updated_at } = row;
  const times = { created_at: created_at.toISOString(), updated_at: updated_at.toISOString() };
  return { id, title, why, target_date, status, version, ...times };
}

export function shownAction(row: ActionRow): z.input<typeof action> {
  const { id, goal_id, title, due, source, done_at, done_on, version, created_at } = row;
  return {
    id,
    goal_id,
    title,
    due,
    source,
    done: done_at !== null,
    done_at: done_at?.toISOString() ?? null,
    done_on,
    version,
    created_at: created_at.toISOString(),
  };
}

export function shownWhole({ goal: row, actions, streak }: WholeGoal): z.input<typeof wholeGoal> {
  return { ...shownGoal(row), actions: actions.map(shownAction), streak: { ...streak } };
}
