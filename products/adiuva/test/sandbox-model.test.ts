import { createClient } from '@plinth/sdk';
import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';

/** The model that answers without a key, as a desktop program meets it: nothing tells it what to say. */
const app = await testApp();
const by = await app.customer('adiuva.pro');
const { chat } = createClient({ baseUrl: app.url, apiKey: by.key }).adiuva;

const TODAY = Date.now();
const context = {
  recent_tasks: [
    { id: 't1', title: 'Call Bob', due_date: TODAY },
    { id: 2, title: 'Send the offer', status: 'todo' },
  ],
  projects: [{ id: 'p1', name: 'Apollo' }],
  notes: [{ id: 'n1', title: 'Gear', content: 'a tent' }],
  checkpoints: [{ id: 'c1', title: 'Beta', date: TODAY, project_id: 'p1' }],
};
const NOON = Date.parse('2030-12-24T12:00:00Z');
const record = (type: string, table: string, data: object) => ({ type, table, data, agent: null });
const created = (table: string, data: object) =>
  record('create_record', table, expect.objectContaining({ id: expect.any(String), ...data }));

test.each<[string, string, readonly object[]]>([
  [
    'Create a task "Call Eve" for 2030-12-24',
    'I will create the task “Call Eve”.',
    [
      created('tasks', {
        title: 'Call Eve',
        due_date: NOON,
        status: 'todo',
        project_id: null,
        is_approved: 1,
      }),
    ],
  ],
  [
    'Lege eine Aufgabe „Milch kaufen“ an',
    'Ich lege die Aufgabe „Milch kaufen“ an.',
    [created('tasks', { title: 'Milch kaufen', due_date: null })],
  ],
  [
    'Mark the task "Send the offer" as done',
    'I will change the task “Send the offer” (status: done).',
    [record('update_record', 'tasks', { id: 2, status: 'done' })],
  ],
  [
    'Setze die Aufgabe Call Bob auf erledigt',
    'Ich ändere die Aufgabe „Call Bob“ (status: done).',
    [record('update_record', 'tasks', { id: 't1', status: 'done' })],
  ],
  [
    'Delete the task Call Bob',
    'I will delete the task “Call Bob”.',
    [record('delete_record', 'tasks', { id: 't1' })],
  ],
  [
    'Lösche die Notiz „Gear“',
    'Ich lösche die Notiz „Gear“.',
    [record('delete_record', 'notes', { id: 'n1' })],
  ],
  [
    'Archive the project Apollo',
    'I will change the project “Apollo” (status: archived).',
    [record('update_record', 'projects', { id: 'p1', status: 'archived' })],
  ],
  [
    'Lege einen Meilenstein „Release“ für das Projekt Apollo am 24.12.2030 an',
    'Ich lege den Meilenstein „Release“ an.',
    [created('checkpoints', { title: 'Release', project_id: 'p1', date: NOON })],
  ],
  [
    'Create a project "Mars" and a task "Build it"',
    'I will create the project “Mars”.\n\nI will create the task “Build it”.',
    [created('projects', { name: 'Mars' }), created('tasks', { title: 'Build it' })],
  ],
  ['Which of my tasks are due today?', 'One task is due today: Call Bob.', []],
  ['Zeig mir meine Aufgaben', 'Du hast 2 Aufgaben: Call Bob, Send the offer.', []],
  ['Delete the task Fly to Mars', 'I found no such task. There is: Call Bob, Send the offer.', []],
])('%s', async (message, response, actions) => {
  expect(await chat({ message, context })).toEqual({ response, actions });
});

test('a list that was not sent is not said to be empty', async () => {
  const response = 'I can’t see your tasks here: they did not come with this question.';
  expect(await chat({ message: 'Which of my tasks are due today?' })).toEqual({ response, actions: [] });
});

test.each([
  ['Plan my day', 'day_plan', 'send_notification'],
  ['Plane meinen Tag', 'day_plan', 'send_notification'],
  ['Make a task of this email', 'task_from_text', 'create_record'],
  ['Erstelle eine Notiz aus diesem Text', 'note_from_text', 'create_record'],
])('a plan for a sentence: %s', async (message, template, last) => {
  const plan = await chat({ message, context, execution_mode: 'plan' });
  if (!('steps' in plan)) throw new Error('no plan');
  expect(plan.steps.map(({ action, prompt_template }) => [action, prompt_template])).toEqual([
    ['run_prompt', template],
    [last, null],
  ]);
});
