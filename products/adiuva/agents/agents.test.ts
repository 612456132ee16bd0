import { UNLIMITED } from '#platform/product';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { chatContext, type PlanAction } from '../request.ts';
import { AGENT_NAMES, type AgentSession, createAgentSession } from './agent.ts';
import { agentNamed, agentsOf, listForRouter, toolNamed } from './registry.ts';

/** Tuesday, 24 November 2026, 23:30 in UTC, which is Wednesday in Berlin. */
const NOW = Date.parse('2026-11-24T23:30:00Z');
const TUESDAY_NOON = Date.parse('2026-11-24T12:00:00Z');
const WEDNESDAY_NOON = Date.parse('2026-11-25T12:00:00Z');

const TASKS = [
  {
    id: 't1',
    title: 'Café bestellen',
    status: 'todo',
    priority: 'low',
    due_date: WEDNESDAY_NOON,
    project_id: 'p1',
  },
  {
    id: 't2',
    title: 'Ship samples',
    status: 'done',
    priority: 'high',
    due_date: TUESDAY_NOON,
    project_id: 'p1',
  },
  { id: 3, title: 'Call Ana', status: 'todo', priority: 'high', dueDate: WEDNESDAY_NOON, projectId: 'p2' },
  { id: 't4', title: 'Read', description: 'the café report', status: 'in_progress' },
];
const PROJECTS = [
  { id: 'p1', name: 'Apollo', client_id: 'c1', status: 'active' },
  { id: 'p2', name: 'Old', client_id: 'c1', status: 'archived' },
];
const NOTES = [
  { id: 'n1', title: 'Prices', content: 'x'.repeat(1_000), project_id: 'p1' },
  { id: 'n2', title: 'Empty', content: '' },
  { id: 'n3', title: 'Book', content: 'y'.repeat(90_000) },
];
const CHECKPOINTS = [{ id: 'k1', project_id: 'p1', title: 'Beta', date: WEDNESDAY_NOON, is_approved: 0 }];
const COMMENTS = [
  { id: 'm1', task_id: 't1', author: 'Ada', content: 'Which?' },
  { id: 'm2', task_id: 't2', author: 'Ben', content: 'Done' },
];

const ALL = {
  user_profile: { name: 'Ada', time_zone: 'Europe/Berlin' },
  recent_tasks: TASKS,
  projects: PROJECTS,
  notes: NOTES,
  checkpoints: CHECKPOINTS,
  comments: COMMENTS,
};

function open(context: object = ALL): AgentSession {
  let id = 0;
  return createAgentSession({
    context: chatContext.parse(context),
    now: NOW,
    newId: () => `new-${(id += 1)}`,
  });
}

/** Calls a tool as a model does: with arguments that its schema takes. */
function call(name: string, input: object, session: AgentSession = open()) {
  const { input: schema, run } = toolNamed(name);
  const told = z.record(z.string(), z.unknown()).parse(run(schema.parse(input), session));
  return { told, actions: session.actions, ids: idsIn(told) };
}

function idsIn(told: Readonly<Record<string, unknown>>): unknown[] {
  const list = Object.values(told).find((value) => Array.isArray(value));
  return Array.isArray(list) ? list.map((row: { id?: unknown }) => row.id) : [];
}

const error = (code: string) => ({ error: expect.objectContaining({ code }) });

function action(type: PlanAction['type'], table: string, data: object): PlanAction {
  return { type, table, data: { ...data }, agent: null };
}

test.each([
  [
    'task_agent',
    'list_tasks create_task update_task delete_task list_tasks_due_today list_task_comments add_task_comment delete_task_comment',
  ],
  [
    'project_agent',
    'list_projects list_all_projects get_project create_project update_project delete_project',
  ],
  ['note_agent', 'list_notes get_note create_note update_note delete_note'],
  ['checkpoint_agent', 'list_checkpoints create_checkpoint update_checkpoint delete_checkpoint'],
] as const)('%s has the tools of the plan document', (name, tools) => {
  expect(agentNamed(name).tools.map((tool) => tool.name)).toEqual(tools.split(' '));
});

test('a plan with three agents has task, project and note', () => {
  expect(agentsOf(3).map(({ name }) => name)).toEqual(['task_agent', 'project_agent', 'note_agent']);
  expect(agentsOf(UNLIMITED).map(({ name }) => name)).toEqual([...AGENT_NAMES]);
  expect(agentsOf(0)).toEqual([]);
  expect(listForRouter(agentsOf(3))[2]).toEqual({
    name: 'note_agent',
    description: 'Manages notes: list, get, create, update, delete',
  });
});

const TOOLS = agentsOf(UNLIMITED).flatMap(({ tools }) => tools);

test('no two tools share a name', () => {
  expect(new Set(TOOLS.map(({ name }) => name)).size).toBe(23);
});

test.each(TOOLS)('$name: providers can enforce the schema of its input', ({ description, input }) => {
  const schema = z.toJSONSchema(input, { io: 'input' });
  expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
  expect(schema.required ?? []).toEqual(Object.keys(schema.properties ?? {}));
  const known = new Set([
    'type',
    'description',
    'enum',
    'const',
    'anyOf',
    'pattern',
    'minLength',
    'maxLength',
    'minimum',
    'maximum',
  ]);
  const parts = Object.values(schema.properties ?? {}).flatMap((part) =>
    typeof part === 'object' ? [part, ...(part.anyOf ?? [])] : [],
  );
  expect(parts.flatMap((part) => Object.keys(part)).filter((keyword) => !known.has(keyword))).toEqual([]);
  expect(description.length).toBeGreaterThan(10);
});

const LIST = { project_id: null, status: null, search: null, order_by: null };

test.each([
  [{}, ['t1', 't2', 3, 't4']],
  [{ project_id: 'p1' }, ['t1', 't2']],
  [{ project_id: 'p2' }, [3]],
  [{ status: 'todo' }, ['t1', 3]],
  [{ search: 'CAFE' }, ['t1', 't4']],
  [{ search: 'report café' }, ['t4']],
  [{ order_by: 'due_date' }, ['t2', 't1', 3, 't4']],
  [{ order_by: 'priority' }, ['t2', 3, 't1', 't4']],
  [{ order_by: 'title', status: 'todo' }, ['t1', 3]],
])('list_tasks filters and orders: %j', (filter, ids) => {
  expect(call('list_tasks', { ...LIST, ...filter }).ids).toEqual(ids);
});

test('due today is a day of the user, and of UTC for one without a time zone', () => {
  expect(call('list_tasks_due_today', {}).ids).toEqual([3, 't1']);
  for (const user_profile of [{}, { time_zone: 'Mars/Olympus' }, { timezone: 7 }])
    expect(call('list_tasks_due_today', {}, open({ ...ALL, user_profile })).ids).toEqual(['t2']);
});

test.each([
  ['list_task_comments', { task_id: 't1' }, ['m1']],
  ['list_projects', { client_id: null, include_archived: false }, ['p1']],
  ['list_projects', { client_id: 'c1', include_archived: true }, ['p1', 'p2']],
  ['list_all_projects', {}, ['p1', 'p2']],
  ['list_notes', { project_id: 'p1' }, ['n1']],
  ['list_checkpoints', { project_id: 'p1' }, ['k1']],
])('%s answers from the request', (name, input, ids) => {
  expect(call(name, input).ids).toEqual(ids);
});

const READS: readonly (readonly [string, object])[] = [
  ['list_tasks', LIST],
  ['list_tasks_due_today', {}],
  ['list_task_comments', { task_id: 't1' }],
  ['list_projects', { client_id: null, include_archived: true }],
  ['list_all_projects', {}],
  ['get_project', { project_id: 'p1' }],
  ['list_notes', { project_id: null }],
  ['get_note', { note_id: 'n1' }],
  ['list_checkpoints', { project_id: null }],
];

test.each(READS)('%s tells a list that was not sent from one without records', (name, input) => {
  expect(call(name, input, open({})).told).toHaveProperty('not_in_this_request');
  const empty = { recent_tasks: [], projects: [], notes: [], checkpoints: [], comments: [] };
  expect(call(name, input, open(empty)).told).not.toHaveProperty('not_in_this_request');
});

const TASK = { title: 'Pay', description: null, status: null, priority: null, assignees: null, due_date: -1 };
const SUGGESTED = { is_ai_suggested: 1, is_approved: 0 };
const KEPT = {
  title: null,
  description: null,
  status: null,
  priority: null,
  assignees: null,
  due_date: -1,
  project_id: null,
  is_ai_suggested: -1,
  is_approved: -1,
};

test.each([
  [
    'create_task',
    { ...TASK, project_id: 'p1', ...SUGGESTED },
    action('create_record', 'tasks', {
      id: 'new-1',
      title: 'Pay',
      description: null,
      status: 'todo',
      priority: 'medium',
      assignees: '[]',
      due_date: null,
      project_id: 'p1',
      ...SUGGESTED,
    }),
  ],
  [
    'update_task',
    { ...KEPT, task_id: '3', status: 'done' },
    action('update_record', 'tasks', { id: 3, status: 'done' }),
  ],
  [
    'update_task',
    { ...KEPT, task_id: 't1', due_date: 0, project_id: '', assignees: '["Ada"]', is_approved: 0 },
    action('update_record', 'tasks', {
      id: 't1',
      assignees: '["Ada"]',
      due_date: null,
      project_id: null,
      is_approved: 0,
    }),
  ],
  ['delete_task', { task_id: 't1' }, action('delete_record', 'tasks', { id: 't1' })],
  [
    'add_task_comment',
    { task_id: 't1', author: null, content: 'ok' },
    action('create_record', 'comments', { id: 'new-1', task_id: 't1', content: 'ok', author: 'Ada' }),
  ],
  ['delete_task_comment', { comment_id: 'm1' }, action('delete_record', 'comments', { id: 'm1' })],
  [
    'create_project',
    { name: 'Nova', client_id: null },
    action('create_record', 'projects', { id: 'new-1', name: 'Nova', client_id: null, status: 'active' }),
  ],
  [
    'update_project',
    { project_id: 'p1', name: null, client_id: null, status: 'archived' },
    action('update_record', 'projects', { id: 'p1', status: 'archived' }),
  ],
  ['delete_project', { project_id: 'p2' }, action('delete_record', 'projects', { id: 'p2' })],
  [
    'create_note',
    { title: 'T', content: '# C', project_id: null },
    action('create_record', 'notes', { id: 'new-1', title: 'T', content: '# C', project_id: null }),
  ],
  [
    'update_note',
    { note_id: 'n1', title: 'New', content: null, project_id: null },
    action('update_record', 'notes', { id: 'n1', title: 'New' }),
  ],
  [
    'update_note',
    { note_id: 'n2', title: null, content: 'first', project_id: null },
    action('update_record', 'notes', { id: 'n2', content: 'first' }),
  ],
  ['delete_note', { note_id: 'n1' }, action('delete_record', 'notes', { id: 'n1' })],
  [
    'create_checkpoint',
    { project_id: 'p1', title: 'Go', date: NOW, ...SUGGESTED },
    action('create_record', 'checkpoints', {
      id: 'new-1',
      project_id: 'p1',
      title: 'Go',
      date: NOW,
      ...SUGGESTED,
    }),
  ],
  [
    'update_checkpoint',
    { checkpoint_id: 'k1', title: null, date: -1, is_ai_suggested: -1, is_approved: 1 },
    action('update_record', 'checkpoints', { id: 'k1', is_approved: 1 }),
  ],
  ['delete_checkpoint', { checkpoint_id: 'k1' }, action('delete_record', 'checkpoints', { id: 'k1' })],
])('%s plans one action, and changes nothing here: %j', (name, input, planned) => {
  const session = open();
  const before = JSON.stringify(session.context);
  expect(call(name, input, session).actions).toEqual([planned]);
  expect(JSON.stringify(session.context)).toBe(before);
});

test.each([
  ['update_task', { ...KEPT, task_id: 'x', title: 'T' }, 'task_unknown'],
  ['update_task', { ...KEPT, task_id: 't1' }, 'nothing_to_change'],
  ['update_task', { ...KEPT, task_id: 't1', project_id: 'x' }, 'project_unknown'],
  ['delete_task', { task_id: 'x' }, 'task_unknown'],
  ['list_tasks', { ...LIST, project_id: 'x' }, 'project_unknown'],
  ['list_task_comments', { task_id: 'x' }, 'task_unknown'],
  ['add_task_comment', { task_id: 'x', author: null, content: 'c' }, 'task_unknown'],
  ['delete_task_comment', { comment_id: 'x' }, 'comment_unknown'],
  ['get_project', { project_id: 'x' }, 'project_unknown'],
  ['delete_project', { project_id: 'x' }, 'project_unknown'],
  ['create_note', { title: 'T', content: '', project_id: 'x' }, 'project_unknown'],
  ['get_note', { note_id: 'x' }, 'note_unknown'],
  ['update_note', { note_id: 'n1', title: null, content: 'all new', project_id: null }, 'note_unread'],
  ['create_checkpoint', { project_id: 'x', title: 'T', date: NOW, ...SUGGESTED }, 'project_unknown'],
  ['delete_checkpoint', { checkpoint_id: 'x' }, 'checkpoint_unknown'],
])('%s tells the model what is wrong, and plans nothing: %j', (name, input, code) => {
  const { told, actions } = call(name, input);
  expect(told).toEqual(error(code));
  expect(actions).toEqual([]);
});

test('a record that was not sent is changed in the fields named alone', () => {
  const session = open({});
  call('update_note', { note_id: 'n9', title: null, content: 'new', project_id: null }, session);
  call('update_task', { ...KEPT, task_id: 't9', due_date: NOW }, session);
  expect(session.actions.map(({ data }) => data)).toEqual([
    { id: 'n9', content: 'new' },
    { id: 't9', due_date: NOW },
  ]);
});

test('a note is replaced once it was read in whole; a list shows its beginning', () => {
  const session = open();
  const replace = { title: null, content: 'all new', project_id: null };
  expect(JSON.stringify(call('list_notes', { project_id: null }, session).told).length).toBeLessThan(2_000);
  expect(call('update_note', { note_id: 'n1', ...replace }, session).told).toEqual(error('note_unread'));
  expect(call('get_note', { note_id: 'n1' }, session).told).toEqual({ note: NOTES[0] });
  expect(call('update_note', { note_id: 'n1', ...replace }, session).told).toHaveProperty('planned');
  expect(call('get_note', { note_id: 'n3' }, session).told).toHaveProperty('cut');
  expect(call('update_note', { note_id: 'n3', ...replace }, session).told).toEqual(error('note_unread'));
});

test('what an agent created, changed and deleted the next one of the pipeline sees so', () => {
  const session = open({ recent_tasks: TASKS, projects: [] });
  call('create_project', { name: 'Nova', client_id: null }, session);
  call('create_task', { ...TASK, project_id: 'new-1', ...SUGGESTED }, session);
  call('update_task', { ...KEPT, task_id: '3', project_id: 'new-1' }, session);
  call('delete_task', { task_id: 't4' }, session);
  expect(call('list_tasks', { ...LIST, project_id: 'new-1' }, session).ids).toEqual([3, 'new-2']);
  expect(call('delete_task', { task_id: 't4' }, session).told).toEqual(error('task_unknown'));
  call('create_note', { title: 'Mine', content: 'c', project_id: null }, session);
  expect(call('list_notes', { project_id: null }, session).told).toMatchObject({
    not_in_this_request: 'notes',
    total: 1,
  });
});

test('2,000 long tasks are told of in few characters, and how many are left out', () => {
  const recent_tasks = Array.from({ length: 2_000 }, (_, id) => ({
    id,
    title: 'long '.repeat(2_000),
    more: [TASKS],
  }));
  const { told } = call('list_tasks', LIST, open({ recent_tasks }));
  expect(JSON.stringify(told).length).toBeLessThan(21_000);
  expect(told).toMatchObject({ total: 2_000, left_out: 2_000 - idsIn(told).length });
});

test.each([
  ['create_task', { ...TASK, ...SUGGESTED, project_id: null, due_date: NOW / 1_000 }],
  ['create_task', { ...TASK, ...SUGGESTED, project_id: null, assignees: 'Ada' }],
  ['create_task', { ...TASK, ...SUGGESTED, project_id: null, assignees: '[1]' }],
  ['create_task', { ...TASK, ...SUGGESTED, project_id: null, status: 'open' }],
  ['create_task', { ...TASK, ...SUGGESTED, project_id: null, owner: 'Ada' }],
  ['create_checkpoint', { project_id: 'p1', title: 'T', date: -1, ...SUGGESTED }],
  ['update_project', { project_id: 'p1', name: null, client_id: null, status: 'done' }],
])('%s takes no other values than the plan document’s: %j', (name, input) => {
  expect(toolNamed(name).input.safeParse(input).success).toBe(false);
});

test('a project is archived rather than deleted, and a note read before it is changed: the tools say so', () => {
  expect(toolNamed('delete_project').description).toMatch(/archive/);
  expect(toolNamed('update_note').description).toMatch(/get_note first/);
});
