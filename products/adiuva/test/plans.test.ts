import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Customer, testApp } from '@plinth/testkit/services/app';
import { executionPlan, type PlanStep } from '../playbooks/plan.ts';

/** Plans by HTTP, as a client on a user's desk runs them. */
const app = await testApp();
const { call, sandbox } = app;
const [free, pro, power] = [
  await app.person(),
  await app.person('adiuva.pro'),
  await app.person('adiuva.power'),
];

const listed = z.array(executionPlan.extend({ id: z.string(), title: z.string(), tier: z.string() }));

async function list(by: Customer) {
  return listed.parse((await call(by.key, 'GET /v1/plans/playbook')).body);
}

function run(by: Customer, body: object, headers: Record<string, string> = {}) {
  return call(by.key, 'POST /v1/plans/steps/run', { body, headers });
}

const ok = z.object({ text: z.string().min(1), records: z.array(z.record(z.string(), z.unknown())) });
const WISH = { prompt_template: 'day_plan', variables: { tasks: '[]', wishes: 'the report' } };

describe('playbooks', () => {
  test('are those of the plan', async () => {
    expect((await list(free)).map(({ id }) => id)).toEqual(['task_from_email', 'plan_my_day', 'tidy_note']);
    expect((await list(pro)).map(({ id }) => id)).toContain('weekly_report');
    expect(await list(power)).toHaveLength(7);
  });

  test('of a higher plan cost that plan, and of no plan are unknown', async () => {
    const { status, body } = await call(free.key, 'GET /v1/plans/playbook/weekly_report');
    expect(status).toBe(402);
    expect(body).toMatchObject({ error: { code: 'plan_required', details: { upgrade: 'adiuva.pro' } } });
    expect((await call(pro.key, 'GET /v1/plans/playbook/weekly_report')).status).toBe(200);
    for (const id of ['nothing', 'constructor', '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0d01'])
      expect((await call(pro.key, `GET /v1/plans/playbook/${id}`)).status).toBe(404);
  });

  test('hold ids of prompts, and none of their texts', async () => {
    const text = JSON.stringify(await list(power));
    expect(text).not.toMatch(/material|never orders|milliseconds since/);
  });
});

test('the matrix of tiers has the plan document’s names and numbers; single sign-on is Team’s', async () => {
  const none = { batch_builder: false, plugin_marketplace: false, sso: false };
  const all = { agents: -1, providers: -1, batch_builder: true, plugin_marketplace: true };
  const tiers = {
    free: { agents: 3, batch_active: 2, cloud_storage_gb: 0, backup_gb: 0, providers: 1, ...none },
    pro: { agents: -1, batch_active: 10, cloud_storage_gb: 5, backup_gb: 5, providers: -1, ...none },
    power: { ...all, batch_active: -1, cloud_storage_gb: 25, backup_gb: 25, sso: false },
    team: { ...all, batch_active: -1, cloud_storage_gb: -1, backup_gb: -1, sso: true },
  };
  for (const tier of ['free', 'pro', 'power', 'team'] as const) {
    const by = await app.person(`adiuva.${tier}`);
    const reply = await fetch(`${app.url}/api/v1/plans/features`, {
      headers: { authorization: `Bearer ${by.key}` },
    });
    expect(await reply.json()).toEqual({ tier, features: tiers[tier], tiers });
  }
});

/** Runs a step as docs/adiuva.md says: values of the plan, of the user, of the client's rows, or the text of an earlier step. */
async function runStep(by: Customer, step: PlanStep, results: readonly (z.output<typeof ok> | undefined)[]) {
  const earlier = step.data_from_step === null ? undefined : results[step.data_from_step];
  const values = Object.entries(step.variables ?? {}).map(([name, value]) => {
    if (typeof value !== 'object') return [name, value];
    if (value.from === 'step') return [name, earlier?.text ?? ''];
    return [name, value.from === 'user' ? `what I say: ${value.label}` : '[{"id":"t1","title":"Pay"}]'];
  });
  const variables = z.record(z.string(), z.union([z.string(), z.number()])).parse(Object.fromEntries(values));
  if (step.action !== 'run_prompt') {
    const usesText = Object.values(step.variables ?? {}).some((value) => typeof value === 'object');
    return { made: usesText || earlier === undefined ? [variables] : earlier.records };
  }
  const { status, body } = await run(by, { prompt_template: step.prompt_template, variables });
  expect(status, JSON.stringify(body)).toBe(200);
  return { result: ok.parse(body) };
}

test('every playbook can be run to its end by a client that knows only the calls', async () => {
  for (const { id, steps } of await list(power)) {
    const results: (z.output<typeof ok> | undefined)[] = [];
    const made: unknown[] = [];
    for (const step of steps) {
      const done = await runStep(power, step, results);
      results.push(done.result);
      made.push(...(done.made ?? []));
    }
    expect(made.length, id).toBeGreaterThan(0);
  }
});

test('records of a step are what the agent’s tool would create', async () => {
  const task = {
    title: 'Pay',
    description: null,
    status: null,
    priority: 'high',
    assignees: null,
    due_date: -1,
  };
  const records = [{ ...task, project_id: null, is_ai_suggested: 1, is_approved: 0 }];
  sandbox.faults.next({ kind: 'content', text: JSON.stringify({ records: [...records, ...records] }) });
  const { body } = await run(free, { prompt_template: 'task_from_text', variables: { text: 'Please pay.' } });
  expect(ok.parse(body).records).toEqual([
    { ...records[0], id: expect.any(String), status: 'todo', assignees: '[]', due_date: null },
  ]);
});

test('a repeat of a key gets the same answer, and the model is asked once', async () => {
  const headers = { 'idempotency-key': 'once' };
  const first = await run(pro, WISH, headers);
  const calls = sandbox.bill().length;
  expect(await run(pro, WISH, headers)).toMatchObject({ status: 200, body: first.body });
  expect(sandbox.bill()).toHaveLength(calls);
});

test.each([
  ['an unknown template', { ...WISH, prompt_template: 'nothing' }, 404, 'plan_template_unknown'],
  ['a prompt of an agent', { ...WISH, prompt_template: 'task_agent' }, 404, 'plan_template_unknown'],
  ['an inherited name', { ...WISH, prompt_template: 'constructor' }, 404, 'plan_template_unknown'],
  [
    'a template of a higher plan',
    { prompt_template: 'client_update', variables: { report: 'r', wishes: '' } },
    402,
    'plan_required',
  ],
  ['a missing variable', { ...WISH, variables: { tasks: '[]' } }, 422, 'plan_variables_invalid'],
  [
    'an unknown variable',
    { ...WISH, variables: { ...WISH.variables, now: 'never' } },
    422,
    'plan_variables_invalid',
  ],
  [
    'one that is too long',
    { ...WISH, variables: { tasks: '[]', wishes: 'x'.repeat(2_001) } },
    422,
    'plan_variables_invalid',
  ],
  ['a value of another kind', { ...WISH, variables: { tasks: [], wishes: '' } }, 400, 'validation_failed'],
])('%s is refused before anything is spent', async (...[_what, body, status, code]) => {
  const calls = sandbox.bill().length;
  expect(await run(free, body)).toMatchObject({ status, body: { error: { code } } });
  expect(sandbox.bill()).toHaveLength(calls);
});

test('a text of distress is answered with helplines, and not charged', async () => {
  const calls = sandbox.bill().length;
  const { status, body } = await run(free, {
    ...WISH,
    variables: { tasks: '[]', wishes: 'I want to kill myself tonight' },
  });
  expect(status).toBe(200);
  expect(ok.parse(body).records).toEqual([]);
  expect(sandbox.bill()).toHaveLength(calls);
});

test('a step never repeats its prompt', async () => {
  const secret =
    'A list in Markdown of at most seven tasks, in the order in which to do them, with a few words each on why it stands there.';
  sandbox.faults.next({ kind: 'content', text: secret });
  const { body } = await run(pro, WISH);
  expect(JSON.stringify(body)).not.toContain('at most seven tasks');
});

const planned = (...steps: object[]) => ({ kind: 'content', text: JSON.stringify({ steps }) }) as const;

describe('a chat that is asked for a plan', async () => {
  const asker = await app.person();
  const ask = () =>
    call(asker.key, 'POST /v1/chat', {
      body: { message: 'Create a task from this', execution_mode: 'plan' },
    });
  const text = [{ name: 'text', from: 'user', value: 'The email' }];
  const first = {
    action: 'run_prompt',
    prompt_template: 'task_from_text',
    variables: text,
    data_from_step: null,
  };
  const second = {
    action: 'create_record',
    prompt_template: null,
    variables: [{ name: 'table', from: 'text', value: 'tasks' }],
    data_from_step: 0,
  };

  test('gets the plan that the model makes, in ids of templates alone', async () => {
    sandbox.faults.next(planned(first, second, { ...second, data_from_step: null }));
    const { steps } = executionPlan.parse((await ask()).body);
    expect(steps.map(({ action }) => action)).toEqual(['run_prompt', 'create_record', 'create_record']);
    expect(steps[0]?.variables).toEqual({ text: { from: 'user', label: 'The email' } });
  });

  test.each([
    ['refers to a later step', [second, first]],
    ['refers to itself', [first, { ...second, data_from_step: 1 }]],
    ['has a template of a higher plan', [{ ...first, prompt_template: 'client_update' }]],
    ['has no step', []],
  ])('gets the playbook of its agent where the model’s plan %s', async (_what, steps) => {
    sandbox.faults.next(planned(...steps));
    sandbox.faults.next(planned(...steps));
    const plan = executionPlan.parse((await ask()).body);
    sandbox.faults.clear();
    expect(plan.agent).toBe('task_agent');
    expect(plan.steps.map((step) => [step.prompt_template, step.data_from_step])).toEqual([
      ['task_from_text', null],
      [null, 0],
    ]);
  });
});
