import { expect, test } from 'vitest';
import { z } from 'zod';
import { agentTool, createAgentSession } from '../agents/agent.ts';
import { chatContext } from '../request.ts';
import { roundMessages, runToolCall } from './tool-calls.ts';

const tools = [
  agentTool({
    name: 'add',
    description: 'Adds.',
    input: z.strictObject({ title: z.string().max(10) }),
    run: ({ title }) => ({ title }),
  }),
  agentTool({
    name: 'break',
    description: 'Breaks.',
    input: z.strictObject({}),
    run: fail,
  }),
  agentTool({
    name: 'long',
    description: 'Long.',
    input: z.strictObject({}),
    run: () => 'x'.repeat(100_000),
  }),
];
const session = createAgentSession({ context: chatContext.parse({}), now: 0, newId: () => 'id' });
const call = (name: string, input: string) => runToolCall({ name, input }, tools, session);

function fail(): never {
  throw new Error('with a text of the user in it');
}

test('a tool is run by what it takes', async () => {
  expect(await call('add', '{"title":"a"}')).toEqual({ how: 'done', told: '{"title":"a"}' });
  expect(await call('add', '')).toMatchObject({ how: 'wrong' });
});

test.each(['{"title":1}', '{"title":"a","more":1}', '{"title":"aaaaaaaaaaaa"}', '{"title":', '[]', 'null'])(
  'arguments that it does not take are told to the model, and nothing runs: %s',
  async (input) => {
    const { how, told } = await call('add', input);
    expect([how, JSON.parse(told)]).toMatchObject(['wrong', { error: 'invalid_arguments' }]);
  },
);

test('a tool that the model invents is told, with those that there are', async () => {
  const { how, told } = await call('fly', '{}');
  expect([how, JSON.parse(told)]).toEqual([
    'wrong',
    { error: 'unknown_tool', known: ['add', 'break', 'long'] },
  ]);
});

test('a tool that fails says so without its reason', async () => {
  expect(await call('break', '{}')).toEqual({ how: 'failed', told: '{"error":"tool_failed"}' });
});

test('a long result is cut, and says by how much', async () => {
  const { told } = await call('long', '{}');
  expect(told.length).toBeLessThan(24_200);
  expect(told).toMatch(/\(76002 more characters are left out: ask for less\)$/);
});

test('arguments that are no JSON are an empty object for the next round', () => {
  const [said] = roundMessages('', [{ call: { id: '1', name: 'add', input: '{"ti' }, told: '{}' }]);
  expect(said).toMatchObject({ role: 'assistant', content: [{ type: 'tool-call', input: {} }] });
});
