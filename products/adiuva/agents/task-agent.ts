import type { ChatContext } from '../request.ts';
import { foldText } from './fold-text.ts';
import { z } from 'zod';
import { type Agent, type AgentSession, agentTool, NO_INPUT } from './agent.ts';
import {
  ASSIGNEES,
  belongsTo,
  FLAG,
  type Fields,
  filterBy,
  idOf,
  KEEP,
  movesTo,
  NEW_FLAG,
  NEW_OPTIONAL_TIME,
  NEW_TEXT,
  NEW_TITLE,
  newChoice,
  OPTIONAL_TIME,
  TEXT,
  TITLE,
} from './fields.ts';
import { createRecord, deleteRecord, fieldOf, listRows, textOf, updateRecord } from './records.ts';

const STATUSES = ['todo', 'in_progress', 'done'] as const;
const PRIORITIES = ['high', 'medium', 'low'] as const;
const ORDERS = ['due_date', 'priority', 'title'] as const;

const listTasks = agentTool({
  name: 'list_tasks',
  description: 'Lists tasks. All filters hold together; search looks for words in title and description.',
  input: z.strictObject({
    project_id: filterBy('project'),
    status: z.enum(STATUSES).nullable(),
    search: z.string().trim().min(1).max(200).nullable(),
    order_by: z.enum(ORDERS).nullable().describe('null: as the client has them'),
  }),
  run({ project_id, status, search, order_by }, session) {
    const words = foldText(search ?? '').split(' ');
    const keeps = (row: Fields): boolean => {
      if (search === null) return true;
      const text = foldText(`${textOf(row, 'title')} ${textOf(row, 'description')}`);
      return words.every((word) => text.includes(word));
    };
    const order = order_by === null ? undefined : BY[order_by];
    return listRows(session, 'tasks', { where: { project_id, status }, keeps, order });
  },
});

type Order = (a: Fields, b: Fields) => number;

const BY: Readonly<Record<(typeof ORDERS)[number], Order>> = {
  // Tasks without a date come last.
  due_date: (a, b) => Math.sign(dueOf(a) - dueOf(b)) || 0,
  priority: (a, b) => urgencyOf(a) - urgencyOf(b),
  title: (a, b) => textOf(a, 'title').localeCompare(textOf(b, 'title')),
};

function dueOf(row: Fields): number {
  const due = fieldOf(row, 'due_date');
  return typeof due === 'number' ? due : Number.MAX_SAFE_INTEGER;
}

function urgencyOf(row: Fields): number {
  const index = PRIORITIES.findIndex((priority) => priority === row['priority']);
  return index === -1 ? PRIORITIES.length : index;
}

const createTask = agentTool({
  name: 'create_task',
  description:
    'Creates a task. Set is_ai_suggested to 1, and is_approved to 0, only if the user did not ask for it.',
  input: z.strictObject({
    title: TITLE,
    description: TEXT.nullable(),
    status: z.enum(STATUSES).nullable().describe('null: todo'),
    priority: z.enum(PRIORITIES).nullable().describe('null: medium'),
    assignees: ASSIGNEES.nullable().describe('A JSON array of names in a text; null: nobody'),
    due_date: OPTIONAL_TIME,
    project_id: belongsTo('project'),
    is_ai_suggested: FLAG,
    is_approved: FLAG,
  }),
  run: (input, session) =>
    createRecord(session, 'tasks', {
      ...input,
      status: input.status ?? 'todo',
      priority: input.priority ?? 'medium',
      assignees: input.assignees ?? '[]',
      due_date: input.due_date === KEEP ? null : input.due_date,
    }),
});

const updateTask = agentTool({
  name: 'update_task',
  description: 'Changes the fields of a task that you name.',
  input: z.strictObject({
    task_id: idOf('task'),
    title: NEW_TITLE,
    description: NEW_TEXT,
    status: newChoice(STATUSES),
    priority: newChoice(PRIORITIES),
    assignees: ASSIGNEES.nullable().describe('A JSON array of names in a text; null leaves it as it is'),
    due_date: NEW_OPTIONAL_TIME,
    project_id: movesTo('project'),
    is_ai_suggested: NEW_FLAG,
    is_approved: NEW_FLAG,
  }),
  run: ({ task_id, ...fields }, session) => updateRecord(session, 'tasks', { id: task_id, fields }),
});

const deleteTask = agentTool({
  name: 'delete_task',
  description: 'Deletes a task for good. One that is finished is set to done instead.',
  input: z.strictObject({ task_id: idOf('task') }),
  run: ({ task_id }, session) => deleteRecord(session, 'tasks', task_id),
});

const listTasksDueToday = agentTool({
  name: 'list_tasks_due_today',
  description: 'Lists the tasks that are due today where the user is, done ones too.',
  input: NO_INPUT,
  run(_input, session) {
    const zone = timeZoneOf(session.context);
    const today = dateIn(zone, session.now);
    const keeps = (row: Fields): boolean => dateIn(zone, fieldOf(row, 'due_date')) === today;
    return { today, ...listRows(session, 'tasks', { keeps, order: BY.priority }) };
  },
});

const listTaskComments = agentTool({
  name: 'list_task_comments',
  description: 'Lists the comments on a task.',
  input: z.strictObject({ task_id: idOf('task') }),
  run: ({ task_id }, session) => listRows(session, 'comments', { where: { task_id } }),
});

const addTaskComment = agentTool({
  name: 'add_task_comment',
  description: 'Comments on a task.',
  input: z.strictObject({
    task_id: idOf('task'),
    author: z.string().trim().min(1).max(200).nullable().describe('null: the user'),
    content: TEXT.min(1).describe('Markdown'),
  }),
  run: ({ author, ...input }, session) =>
    createRecord(session, 'comments', { ...input, author: author ?? userOf(session) }),
});

function userOf({ context }: AgentSession): string {
  return textOf(context.user_profile, 'name') || 'user';
}

const deleteTaskComment = agentTool({
  name: 'delete_task_comment',
  description: 'Deletes a comment for good.',
  input: z.strictObject({ comment_id: idOf('comment') }),
  run: ({ comment_id }, session) => deleteRecord(session, 'comments', comment_id),
});

export const taskAgent: Agent = {
  name: 'task_agent',
  description: 'Manages tasks and comments: list, create, update, delete, due-today, comments',
  skills: ['tasks', 'to-dos', 'reminders', 'due dates', 'priorities', 'assignees', 'comments'],
  prompt: 'task_agent',
  tools: [
    listTasks,
    createTask,
    updateTask,
    deleteTask,
    listTasksDueToday,
    listTaskComments,
    addTaskComment,
    deleteTaskComment,
  ],
};

const ZONE_FIELDS = ['time_zone', 'timezone', 'timeZone'];

/** Where the user's days begin: the profile's time zone if it has one that exists, otherwise UTC. */
function timeZoneOf({ user_profile }: Pick<ChatContext, 'user_profile'>): string {
  const named = ZONE_FIELDS.map((name) => user_profile[name]).find((zone) => typeof zone === 'string');
  return named !== undefined && isTimeZone(named) ? named : 'UTC';
}

function isTimeZone(zone: unknown): zone is string {
  try {
    return typeof zone === 'string' && Intl.DateTimeFormat('sv', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

/** The date of an instant in a time zone, `2026-11-24`; undefined for what is no instant. */
function dateIn(timeZone: string, milliseconds: unknown): string | undefined {
  const at = typeof milliseconds === 'number' ? new Date(milliseconds) : undefined;
  if (at === undefined || Number.isNaN(at.getTime())) return undefined;
  return new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' }).format(at);
}
