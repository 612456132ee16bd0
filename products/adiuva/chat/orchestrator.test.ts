import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type PolicyInput, promptsIn } from '#platform/ai';
import { createOpenAISandbox } from '#sandbox/openai';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { type Agent, type AgentName, createAgentSession } from '../agents/agent.ts';
import { agentsOf } from '../agents/registry.ts';
import { answerQuestion } from './orchestrator.ts';
import { MOST_CALLS } from './question.ts';
import { chatContext } from '../request.ts';

const fixture = makeFixture(createOpenAISandbox);
const prompts = promptsIn(new URL('../prompts/', import.meta.url));
const policy: PolicyInput = { models: ['small'], rounds: MOST_CALLS + 1, backoff: { base: 1, most: 1 } };
const policies = { 'test.chat': policy, 'test.routing': { ...policy, tries: 1, rounds: 1 } };
const CONTEXT = { recent_tasks: [{ id: 't1', title: 'Call Bob', status: 'todo' }] };
const routed = (...agents: readonly string[]) =>
  ({ kind: 'content', text: JSON.stringify({ agents }) }) as const;
const calls = (name: string, input: object | string = {}) =>
  ({
    kind: 'tool_call',
    name,
    arguments: typeof input === 'string' ? input : JSON.stringify(input),
  }) as const;
const on = (agent: AgentName) => calls('call_agent', { agent, message: 'Go on.' });
const says = (text: string) => ({ kind: 'content', text }) as const;

let permit: RecordingPermit;
beforeEach(() => {
  permit = recordingPermit();
});

/** Asks what no rule decides, and keeps what models were asked. */
async function ask({
  agents = agentsOf(4),
  context = CONTEXT,
  signal = new AbortController().signal,
}: {
  agents?: readonly Agent[];
  context?: object;
  signal?: AbortSignal;
} = {}) {
  const ai = fixture.open({ prompts: { test: prompts }, policies });
  const asked: string[] = [];
  const told = {
    ...ai,
    model(...of: Parameters<typeof ai.model>): ReturnType<typeof ai.model> {
      const model = ai.model(...of);
      return {
        ...model,
        doStream(options) {
          asked.push(JSON.stringify(options.prompt));
          return model.doStream(options);
        },
      };
    },
  };
  const session = createAgentSession({ context: chatContext.parse(context), now: 0, newId: () => 'new' });
  const said: string[] = [];
  const question = {
    permit,
    message: 'Please go on.',
    grants: {},
    agents,
    session,
    signal,
    traceparent: undefined,
    calls: { left: MOST_CALLS },
  };
  await answerQuestion({ ai: told, prompts }, question, async (text) => void said.push(text));
  return { text: said.join(''), said, asked, actions: session.actions };
}

describe('one agent', () => {
  test('calls a tool, hears what it says, and answers; a tool that changes something becomes an action', async () => {
    fixture.sandbox.faults.next(
      routed('task_agent'),
      calls('delete_task', { task_id: 't1' }),
      says('I will delete it.'),
    );
    const { text, actions, asked } = await ask();
    expect(text).toBe('I will delete it.');
    expect(actions).toMatchObject([{ type: 'delete_record', table: 'tasks' }]);
    expect(asked).toHaveLength(2);
    expect(permit.states).toEqual(['served', 'served', 'served']);
  });

  test('that calls tools for ever has none in its fifth round, and answers', async () => {
    fixture.sandbox.faults.next(routed('task_agent'));
    fixture.sandbox.faults.next(
      ...Array.from({ length: 4 }, () => calls('list_tasks_due_today')),
      says('That is all.'),
    );
    const { text, asked } = await ask();
    expect([text, asked.length]).toEqual(['That is all.', 5]);
  });

  test('that calls tools even without any has said nothing', async () => {
    fixture.sandbox.faults.next(routed('task_agent'));
    fixture.sandbox.faults.next(...Array.from({ length: 9 }, () => calls('list_tasks_due_today')));
    await expect(ask()).rejects.toMatchObject({ code: 'answer_unusable' });
    expect(permit.states).toHaveLength(6);
  });

  test('is told of a tool that it invents and of wrong arguments, and has no tools after four of them', async () => {
    fixture.sandbox.faults.next(
      routed('task_agent'),
      calls('fly'),
      calls('delete_task', 'not json'),
      calls('delete_task', { id: 7 }),
      calls('fly'),
      says('I can not.'),
    );
    const { text, asked, actions } = await ask();
    expect([text, actions]).toEqual(['I can not.', []]);
    expect(asked[1]).toContain('unknown_tool');
    expect(asked[2]).toContain('invalid_arguments');
    expect(asked).toHaveLength(5);
  });

  test('whose words repeat without end is cut, says so, and is read on for its figures', async () => {
    const loop = 'I will look at your tasks. '.repeat(400);
    fixture.sandbox.faults.next(routed('task_agent'), says(loop));
    const { text } = await ask();
    expect(text.length).toBeLessThan(4_000);
    expect(text).toMatch(/\n\n\[This reply repeated itself and was cut here\.\]$/);
    const row = permit.rows.at(-1);
    expect(row).toMatchObject({ state: 'served', usage: { estimated: false } });
    expect(row?.state === 'served' && row.usage.completionTokens).toBe(
      fixture.sandbox.bill().at(-1)?.completion_tokens,
    );
  });

  test('that asks another one hears its answer, and its actions come with all others', async () => {
    fixture.sandbox.faults.next(
      routed('task_agent'),
      calls('call_agent', { agent: 'note_agent', message: 'Write it down.' }),
      calls('create_note', { title: 'Bob', content: 'Call him.', project_id: null }),
      says('The note is planned.'),
      says('All is planned.'),
    );
    const { text, asked, actions } = await ask();
    expect(text).toBe('All is planned.');
    expect(actions).toMatchObject([{ type: 'create_record', table: 'notes' }]);
    expect(asked.at(-1)).toContain('The note is planned.');
  });

  test('asks no agent that waits for it, and leaves what is too deep to the client', async () => {
    fixture.sandbox.faults.next(
      routed('task_agent'),
      on('note_agent'),
      on('task_agent'),
      on('project_agent'),
      on('checkpoint_agent'),
      ...Array.from({ length: 4 }, (_, n) => says(`Done ${n}.`)),
    );
    const { asked, actions, text } = await ask();
    expect(asked[2]).toContain('invalid_arguments');
    expect(actions).toEqual([
      { type: 'call_agent', table: null, data: { message: 'Go on.' }, agent: 'checkpoint_agent' },
    ]);
    expect(text).toBe('Done 2.');
  });
});

describe('routing', () => {
  test.each([
    ['is invalid', { kind: 'bad_content' } as const],
    ['names an agent that the plan lacks', routed('checkpoint_agent')],
    ['names nobody', routed()],
    ['does not come', { kind: 'status', status: 400 } as const],
  ])('goes to the task agent when the answer %s', async (_what, fault) => {
    fixture.sandbox.faults.next(fault, says('Done.'));
    const { asked } = await ask({ agents: agentsOf(3) });
    expect(asked[0]).toContain('You are the task agent');
  });

  test('is not tried by who has hung up', async () => {
    const left = AbortSignal.abort(new Error('the client has gone'));
    await expect(ask({ signal: left })).rejects.toThrow('the client has gone');
    expect(permit.states).toEqual([]);
  });
});

describe('a pipeline', () => {
  const pipeline = routed('task_agent', 'note_agent');

  test('shows each agent what was found before it, and says only what the last call merges', async () => {
    fixture.sandbox.faults.next(pipeline, says('Bob is open.'), says('Noted.'), says('Both are done.'));
    const { text, asked } = await ask();
    expect(text).toBe('Both are done.');
    expect(asked[1]).toContain('Bob is open.');
    expect(asked[2]).toContain('Noted.');
    expect(permit.states).toEqual(['served', 'served', 'served', 'served']);
  });

  test('whose first agent comes to nothing goes on, and the last call is told', async () => {
    fixture.sandbox.faults.next(
      pipeline,
      { kind: 'status', status: 400 },
      says('Noted.'),
      says('Half of it.'),
    );
    const { text, asked } = await ask();
    expect(text).toBe('Half of it.');
    expect(asked[2]).toContain(String.raw`{\\\"agent\\\":\\\"task_agent\\\",\\\"failed\\\":true}`);
  });

  test('whose first agent’s tool fails goes on, and the last call is told', async () => {
    fixture.sandbox.faults.next(
      pipeline,
      calls('list_tasks'),
      says('No tasks.'),
      says('Noted.'),
      says('Half of it.'),
    );
    const { text, asked } = await ask({ agents: agentsOf(4).map(withBrokenTools) });
    expect(text).toBe('Half of it.');
    expect(asked[1]).toContain('tool_failed');
    expect(asked.at(-1)).toContain(String.raw`\\\"failed_tools\\\":[\\\"list_tasks\\\"]`);
  });

  test('of which all come to nothing fails as its last one did', async () => {
    fixture.sandbox.faults.next(pipeline, { kind: 'status', status: 400 }, { kind: 'status', status: 400 });
    await expect(ask()).rejects.toMatchObject({ code: 'provider_rejected' });
  });
});

/** Tools of the task agent that throw. */
function withBrokenTools(agent: Agent): Agent {
  if (agent.name !== 'task_agent') return agent;
  return { ...agent, tools: agent.tools.map((tool) => ({ ...tool, input: z.unknown(), run: fail })) };
}

function fail(): never {
  throw new Error('broken');
}
