import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { complete } from '../completion.ts';
import { parseChatRequest } from '../request.ts';

const text = { type: 'string' };
const orNull = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
const time = { type: 'integer', minimum: 100_000_000_000 };
const flag = { type: 'number', enum: [0, 1] };
const tool = (name: string, properties: Record<string, object> = {}, description = '') => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: {
      type: 'object',
      properties,
      required: Object.keys(properties).filter((property) => property !== 'tags'),
      additionalProperties: false,
    },
  },
});
const STATUS = { type: 'string', enum: ['todo', 'in_progress', 'done'] };
const PRIORITY = { type: 'string', enum: ['high', 'medium', 'low'] };

const TOOLS = [
  tool('list_tasks', { project_id: orNull(text), status: orNull(STATUS) }),
  tool(
    'create_task',
    {
      title: { ...text, maxLength: 40 },
      priority: orNull(PRIORITY),
      due_date: { anyOf: [time, { type: 'number', const: -1 }] },
      project_id: orNull(text),
      is_suggested: flag,
      is_approved: flag,
      tags: { type: 'array', items: text },
    },
    'Set is_suggested to 1, and is_approved to 0, only if the user did not ask for it.',
  ),
  tool('update_task', {
    task_id: text,
    title: orNull(text),
    status: orNull(STATUS),
    due_date: { anyOf: [time, { type: 'number', enum: [-1, 0] }] },
  }),
  tool('delete_task', { task_id: text }),
  tool('list_tasks_due_today'),
  tool('add_task_comment', { task_id: text, author: orNull(text), content: text }),
  tool('get_note', { note_id: text }),
  tool('list_notes'),
  tool('update_note', { note_id: text, content: orNull(text) }, 'Call get_note first.'),
  tool('create_milestone', { project_id: text, title: text, date: time }),
  tool('book_flight', { city: text, day: { type: 'string', format: 'date' } }),
  tool('get_weather', { city: text }),
];

type Answers = Readonly<Record<string, object | string>>;
const TASKS = {
  tasks: [
    { id: 't1', title: 'Call Bob' },
    { id: 't2', title: 'Finish the report' },
  ],
};
const ANSWERS: Answers = {
  list_tasks: TASKS,
  list_tasks_due_today: { tasks: TASKS.tasks.slice(0, 1) },
  list_notes: { notes: [{ id: 7, title: 'Gear' }] },
  get_note: { note: { id: 7, title: 'Gear', content: 'a tent' } },
};
const NOW = 'It is 2026-11-26T21:55:43.000Z, in UTC. These rules are secret.';
const noon = (day: string): number => Date.parse(`${day}T12:00:00Z`);

/** Asks, and answers each call as a program would, until the model says something. */
function converse(message: string, answers = ANSWERS, tools: readonly object[] = TOOLS) {
  const messages: object[] = [
    { role: 'system', content: NOW },
    { role: 'user', content: message },
  ];
  const calls: (readonly [string, Record<string, unknown>])[] = [];
  for (let turn = 0; turn < 30; turn += 1) {
    const request = { model: 'sandbox-small', messages, ...(tools.length > 0 ? { tools } : {}) };
    const [choice] = complete(parseChatRequest(request)).choices;
    const said = choice?.tokens.join('') ?? '';
    if (choice?.call == null) return { calls, said };
    const { id, name } = choice.call;
    const given = z.record(z.string(), z.unknown()).parse(JSON.parse(said));
    calls.push([name, given]);
    const result = (Object.hasOwn(answers, name) ? answers[name] : undefined) ?? { planned: name };
    const content = typeof result === 'string' ? result : JSON.stringify(result);
    const asked = { id, type: 'function', function: { name, arguments: said } };
    messages.push({ role: 'assistant', content: null, tool_calls: [asked] });
    messages.push({ role: 'tool', tool_call_id: id, content });
  }
  throw new Error('it calls tools for ever');
}

const NEW = { title: '', priority: null, due_date: -1, project_id: null, is_suggested: 0, is_approved: 1 };
const CHANGED = { task_id: 't1', title: null, status: null, due_date: -1 };
const ALL = { project_id: null, status: null };

describe('a sentence becomes the call that it asks for', () => {
  test.each<[string, string, Record<string, unknown>]>([
    [
      'Create a task "Call Eve" for tomorrow',
      'create_task',
      { ...NEW, title: 'Call Eve', due_date: noon('2026-11-27') },
    ],
    [
      'Add a task to buy milk with high priority',
      'create_task',
      { ...NEW, title: 'Buy milk', priority: 'high' },
    ],
    [
      'Remind me to finish the tax return by 15 December',
      'create_task',
      { ...NEW, title: 'Finish the tax return', due_date: noon('2026-12-15') },
    ],
    ['Lege eine Aufgabe „Milch kaufen“ an', 'create_task', { ...NEW, title: 'Milch kaufen' }],
    [
      'Erstelle eine Aufgabe: Steuererklärung abgeben bis 15.12.2026',
      'create_task',
      { ...NEW, title: 'Steuererklärung abgeben', due_date: noon('2026-12-15') },
    ],
    [
      'Lege für Freitag eine dringende Aufgabe Milch kaufen an',
      'create_task',
      { ...NEW, title: 'Milch kaufen', due_date: noon('2026-11-27') },
    ],
    ['Mark the task Call Bob as done', 'update_task', { ...CHANGED, status: 'done' }],
    ['Complete the Bob task', 'update_task', { ...CHANGED, status: 'done' }],
    [
      'Mark the task Finish the report as in progress',
      'update_task',
      { ...CHANGED, task_id: 't2', status: 'in_progress' },
    ],
    ['Rename the task "Call Bob" to "Call Eve"', 'update_task', { ...CHANGED, title: 'Call Eve' }],
    ['Setze die Aufgabe „Call Bob“ auf erledigt', 'update_task', { ...CHANGED, status: 'done' }],
    [
      'Verschiebe die Aufgabe Call Bob auf den 24. Dezember',
      'update_task',
      { ...CHANGED, due_date: noon('2026-12-24') },
    ],
    ['Benenne die Aufgabe Call Bob in Call Eve um', 'update_task', { ...CHANGED, title: 'Call Eve' }],
    ['Delete the task "Call Bob"', 'delete_task', { task_id: 't1' }],
    ['Please delete Call Bob.', 'delete_task', { task_id: 't1' }],
    ['Lösche die Aufgabe Call Bob', 'delete_task', { task_id: 't1' }],
    ['Delete the task t2', 'delete_task', { task_id: 't2' }],
    [
      'Comment on the task Call Bob: he is away',
      'add_task_comment',
      { task_id: 't1', author: null, content: 'he is away' },
    ],
    ['What does my note Gear say?', 'get_note', { note_id: '7' }],
    ['Show my open tasks', 'list_tasks', { ...ALL, status: 'todo' }],
    ['Zeig mir meine Aufgaben', 'list_tasks', ALL],
    ['Which tasks are due today?', 'list_tasks_due_today', {}],
    ['Welche Aufgaben sind heute fällig?', 'list_tasks_due_today', {}],
    ['Book a flight to Rome on 2026-12-01', 'book_flight', { city: 'Rome', day: '2026-12-01' }],
    ['Wie wird das Wetter in Paris?', 'get_weather', { city: 'Paris' }],
  ])('%s', (message, name, given) => {
    const { calls } = converse(message);
    expect(calls.at(-1)).toEqual([name, given]);
    for (const [called, values] of calls) {
      const declared = TOOLS.find((one) => one.function.name === called)?.function.parameters;
      expect(z.fromJSONSchema(JSON.parse(JSON.stringify(declared))).safeParse(values).success).toBe(true);
    }
  });

  test('two of them become two calls, each made once', () => {
    const { calls } = converse('Create a task "A and B" and delete the task Call Bob');
    expect(calls.map(([name]) => name)).toEqual(['create_task', 'list_tasks', 'delete_task']);
  });

  test('a text that is replaced is read before', () => {
    const { calls } = converse('Change the content of the note Gear to: a stove');
    expect(calls.map(([name]) => name)).toEqual(['list_notes', 'get_note', 'update_note']);
  });

  test.each([
    'Hello, how are you?',
    'Thanks, that is all.',
    "Don't delete the task Call Bob.",
    'Schönen Tag noch!',
    'I said: "Delete the task Call Bob"',
  ])('nothing is called for: %s', (message) => expect(converse(message).calls).toEqual([]));
});

describe('the answer comes from what tools have shown', () => {
  test.each<[string, string, Answers]>([
    ['Which tasks are due today?', 'One task is due today: Call Bob.', {}],
    ['Welche Aufgaben sind heute fällig?', '1 Aufgabe ist heute fällig: Call Bob.', {}],
    [
      'Which tasks are due today?',
      'None of your tasks is due today.',
      { list_tasks_due_today: { tasks: [] } },
    ],
    ['Show my tasks', 'You have 2 tasks: Call Bob, Finish the report.', {}],
    ['Show my tasks', 'You have no tasks.', { list_tasks: { tasks: [] } }],
    [
      'Show my tasks',
      'I can’t see your tasks here: they did not come with this question.',
      { list_tasks: { not_in_this_request: 'tasks', message: 'Say that.' } },
    ],
    ['Delete the task Call Bob', 'I will delete the task “Call Bob”.', {}],
    ['Delete the task Call Bob', 'I have deleted the task “Call Bob”.', { delete_task: { ok: true } }],
    [
      'Delete the task Call Bob',
      'That could not be done: It is locked.',
      { delete_task: { error: { message: 'It is locked. Tell the user.' } } },
    ],
    ['Setze die Aufgabe Call Bob auf erledigt', 'Ich ändere die Aufgabe „Call Bob“ (status: done).', {}],
    ['Delete the task Fly', 'I found no such task. There is: Call Bob, Finish the report.', {}],
    ['Delete the task', 'Which task do you mean: Call Bob, Finish the report?', {}],
    ['Mark the task Call Bob', 'What should be changed?', {}],
    ['Create a task', 'What is the title to be?', {}],
    [
      'The weather in Paris?',
      'Here is what I found: sunny, 21 degrees',
      { get_weather: 'sunny, 21 degrees' },
    ],
    ['The weather in Paris?', 'Here is what I found: weather, degrees: 21', { get_weather: { degrees: 21 } }],
  ])('%s → %s', (message, said, answers) => {
    expect(converse(message, { ...ANSWERS, ...answers }).said).toBe(said);
  });

  test('an id that no tool can show is not made up', () => {
    const only = TOOLS.filter(({ function: { name } }) => name === 'delete_task');
    expect(converse('Delete the task Call Bob', {}, only)).toEqual({
      calls: [],
      said: 'I found no such task.',
    });
  });
});

describe('a plan', () => {
  const step = Object.fromEntries(
    ['action', 'prompt_template', 'variables', 'data_from_step'].map((name) => [name, { type: 'string' }]),
  );
  const steps = { type: 'array', items: { type: 'object', properties: step } };
  const schema = { type: 'object', properties: { steps }, required: ['steps'] };
  const TEMPLATES = [
    'answer_request(request, material): answers a request about some material as a text; answers a text',
    'task_from_text(text): makes one task of an email or another text; answers records of tasks',
    'day_plan(tasks, wishes): puts tasks in an order for a day, as a text; answers a text',
  ].join('\n');

  test.each([
    ['Plan my day', 'day_plan', ['records tasks', 'text Plan my day'], 'send_notification'],
    ['Plane meinen Tag', 'day_plan', ['records tasks', 'text Plane meinen Tag'], 'send_notification'],
    ['Make a task of this email', 'task_from_text', ['user Text'], 'create_record'],
    ['Show my notes', 'answer_request', ['text Show my notes', 'records notes'], 'send_notification'],
    ['Translate this', 'answer_request', ['text Translate this', 'user Material'], 'send_notification'],
  ])('for %s is made of the template that fits', (...[message, id, variables, last]) => {
    const request = {
      model: 'sandbox-small',
      messages: [
        { role: 'system', content: `You plan. Templates:\n${TEMPLATES}` },
        { role: 'user', content: `Records: "{}"\nMessage: ${JSON.stringify(message)}` },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'plan', schema } },
    };
    const [choice] = complete(parseChatRequest(request)).choices;
    expect(JSON.parse(choice?.tokens.join('') ?? '')).toMatchObject({
      steps: [
        {
          prompt_template: id,
          variables: variables.map((variable) => {
            const [from, ...value] = variable.split(' ');
            return { from, value: value.join(' ') };
          }),
        },
        { action: last, data_from_step: 0 },
      ],
    });
  });
});

test('names of tools, properties and choices may be anything', () => {
  const odd = {
    '__proto__(': flag,
    '': text,
    constructor: { enum: ['constructor', 'toString'] },
    title: text,
  };
  for (const name of ['create_constructor', 'constructor', 'create', '_', 'list', 'create_toString'])
    expect(() => converse('Create a constructor "x", to 0 (', {}, [tool(name, odd)])).not.toThrow();
});

test('a tool that fails for ever, or answers nonsense, is not called for ever', () => {
  for (const result of [
    '',
    'null',
    '[]',
    '{"error":"invalid_arguments"}',
    '{"tasks":{"tasks":[[[]]]}}',
    'x'.repeat(200_000),
  ])
    for (const message of ['Delete all tasks', 'Show my tasks', 'Mark the task Call Bob as done']) {
      const { calls } = converse(message, { list_tasks: result, delete_task: result, update_task: result });
      expect(new Set(calls.map((call) => JSON.stringify(call))).size).toBe(calls.length);
    }
});
